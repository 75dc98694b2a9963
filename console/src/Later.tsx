import { type ComponentType, lazy, Suspense, useState } from "react";
import { Boundary } from "./Boundary";

/** The time after which the rest is loaded, so that it doesn't compete with what the inbox shows first. */
const PAUSE_MS = 500;
const loads: (() => Promise<unknown>)[] = [];

/**
 * Return a screen whose code isn't part of the first load. Once it is loaded, it is shown at once, without a moment of “Loading…”. A
 * screen that is shown stays the same component, so that it keeps what somebody typed, and the focus.
 */
export function later<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | null = null;
  const get = async () => {
    loaded = await load();
    return { default: loaded };
  };
  const Lazy = lazy(get) as ComponentType<P>;
  loads.push(get);
  return function Later(props: P) {
    const [Screen] = useState(() => loaded ?? Lazy);
    return (
      <Boundary>
        <Suspense fallback={<main className="nothing loading">Loading…</main>}>
          <Screen {...props} />
        </Suspense>
      </Boundary>
    );
  };
}

/** Load all screens soon. One that can't be loaded now is asked for again when somebody opens it, and says so then. */
export function loadSoon(): () => void {
  const timer = setTimeout(() => void Promise.allSettled(loads.map((load) => load())), PAUSE_MS);
  return () => clearTimeout(timer);
}
