/** The event stream of the workspace: one for each tab, resumed where it was cut off, and given up when it goes silent. */
import { useEffect, useState } from "react";
import { sawPosition, sessionEnded } from "./http";

export type StreamedEvent = {
  type: string;
  stream: string;
  position: number;
  data: Record<string, unknown>;
};

/** Comments come more often than this; a connection that is silent for longer is dead, as is one of a browser that goes offline. */
const SILENCE_MS = 40_000;
const PAUSES_MS = [500, 1_000, 2_000, 5_000, 10_000];

export type Liveness = "connecting" | "live" | "offline";

/**
 * Follow the stream while the component is shown; `onEvents` gets the events since the last call, in order, and `onBegin` is called
 * when it begins: what was read before may have changed since.
 */
export function useLive(onEvents: (events: StreamedEvent[]) => void, onBegin: () => void): Liveness {
  const [state, setState] = useState<Liveness>("connecting");
  useEffect(() => {
    const stopped = new AbortController();
    void follow({ onEvents, onBegin, tell: setState }, stopped.signal);
    return () => stopped.abort();
  }, [onEvents, onBegin]);
  return state;
}

type Follower = {
  onEvents: (events: StreamedEvent[]) => void;
  onBegin: () => void;
  tell: (state: Liveness) => void;
};

async function follow({ onEvents, onBegin, tell }: Follower, stop: AbortSignal) {
  let last = "";
  let failures = 0;
  while (!stop.aborted) {
    try {
      for await (const frames of connected(last, stop)) {
        failures = 0;
        tell("live");
        const isBeginning = last === "";
        for (const frame of frames) last = frame.id || last;
        const events = frames.flatMap((frame) => (frame.data ? [JSON.parse(frame.data) as StreamedEvent] : []));
        sawPosition(Number(last));
        if (isBeginning && last !== "") onBegin();
        if (events.length > 0) onEvents(events);
      }
    } catch {
      // Whatever ended the connection, the next one begins after the last event.
    }
    if (stop.aborted) return;
    if (failures > 0 || !navigator.onLine) tell("offline");
    await pause(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0, stop);
    failures += 1;
  }
}

type Frame = { id: string; data: string };

/** Yield the frames of one connection, and an empty list for each sign of life. */
async function* connected(last: string, stop: AbortSignal): AsyncGenerator<Frame[]> {
  const silence = new AbortController();
  const hush = () => silence.abort();
  let timer = setTimeout(hush, SILENCE_MS);
  addEventListener("offline", hush);
  try {
    const response = await fetch("/v1/events", {
      headers: { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) },
      signal: AbortSignal.any([stop, silence.signal]),
    });
    if (response.status === 401) sessionEnded();
    if (!response.ok || !response.body) throw new Error(`The event stream answered ${response.status}`);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(hush, SILENCE_MS);
      const parts = (rest + value).split("\n\n");
      rest = parts.pop() ?? "";
      yield parts.map(parse);
    }
  } finally {
    clearTimeout(timer);
    removeEventListener("offline", hush);
  }
}

function parse(text: string): Frame {
  const frame: Frame = { id: "", data: "" };
  for (const line of text.split("\n")) {
    if (line.startsWith("id: ")) frame.id = line.slice(4);
    if (line.startsWith("data: ")) frame.data += line.slice(6);
  }
  return frame;
}

/** Wait, but no longer than until the browser is online again. */
function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    addEventListener("online", end);
    stop.addEventListener("abort", end, { once: true });
  });
}
