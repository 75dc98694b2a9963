/** The files next to a draft: picked, pasted or dropped, uploaded at once, and kept with the draft. */
import { useEffect, useRef, useState } from "react";
import { explain } from "../http";
import { type Attached, keepDraftFiles, readDraftFiles } from "../storage";
import { upload } from "./upload";

/** A file that is not uploaded yet: how far it is, or why it failed. */
export type Uploading = { key: string; file: File; done: number; failed: string | null };

export function useAttaching(conversationId: string) {
  const [attached, setAttached] = useState<Attached[]>(() => readDraftFiles(conversationId));
  const [uploading, setUploading] = useState<Uploading[]>([]);
  const stops = useRef(new Map<string, AbortController>());
  useEffect(() => keepDraftFiles(conversationId, attached), [conversationId, attached]);
  useEffect(() => {
    const running = stops.current;
    return () => {
      for (const stop of running.values()) stop.abort();
    };
  }, []);

  const forget = (key: string) => {
    stops.current.get(key)?.abort();
    stops.current.delete(key);
    setUploading((all) => all.filter((each) => each.key !== key));
  };
  const begin = async (entry: Uploading) => {
    const change = (by: Partial<Uploading>) =>
      setUploading((all) => all.map((each) => (each.key === entry.key ? { ...each, ...by } : each)));
    const stop = new AbortController();
    stops.current.set(entry.key, stop);
    change({ done: 0, failed: null });
    try {
      const kept = await upload(entry.file, (done) => change({ done }), stop.signal);
      forget(entry.key);
      const file = { media_id: kept.id, name: entry.file.name, content_type: kept.content_type };
      setAttached((all) => [...all, file]);
    } catch (error) {
      change({ failed: explain(error) });
    }
  };
  const add = (files: Iterable<File>) => {
    for (const file of files) {
      const entry = { key: crypto.randomUUID(), file, done: 0, failed: null };
      setUploading((all) => [...all, entry]);
      void begin(entry);
    }
  };
  return {
    attached,
    uploading,
    add,
    again: (entry: Uploading) => void begin(entry),
    forget,
    remove: (id: string) => setAttached((all) => all.filter((each) => each.media_id !== id)),
    clear: () => setAttached([]),
  };
}
