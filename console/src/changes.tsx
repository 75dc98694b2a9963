import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { explain } from "./http";

/** Within this time after a change, the same once more is the second press of a double click. */
const DOUBLE_MS = 500;

/** The header with which the server does a repeated request only once. */
export type Once = { "Idempotency-Key": string };

type Intent = { said: string; key: string; doneAt: number | null };

/**
 * Return a change after which the lists with these keys are read again, even if it was refused: then what is shown may be old.
 *
 * What is pressed twice happens once: while the request is on its way, nothing else is sent, the same is not sent again at once, and a
 * repeat after a lost response has the same idempotency key.
 */
export function useChange<T, R>(
  change: (value: T, once: Once) => Promise<R>,
  keys: readonly string[],
  done?: (result: R, value: T) => void,
) {
  const queries = useQueryClient();
  const intent = useRef<Intent | null>(null);
  const isBusy = useRef(false);
  const mutation = useMutation({
    mutationFn: (value: T) => change(value, { "Idempotency-Key": intent.current?.key ?? "" }),
    onSuccess: (result, value) => {
      if (intent.current) intent.current.doneAt = performance.now();
      done?.(result, value);
    },
    onSettled: () => {
      isBusy.current = false;
      for (const key of keys) void queries.invalidateQueries({ queryKey: [key] });
    },
  });
  const mutate = (value: T) => {
    const said = JSON.stringify(value) ?? "";
    const same = intent.current?.said === said ? intent.current : null;
    const isDouble = same != null && same.doneAt !== null && performance.now() - same.doneAt < DOUBLE_MS;
    if (isBusy.current || isDouble) return;
    if (same === null || same.doneAt !== null) intent.current = { said, key: crypto.randomUUID(), doneAt: null };
    isBusy.current = true;
    mutation.mutate(value);
  };
  return { ...mutation, mutate };
}

/** An error, in the server's words. */
export function Failure({ error }: { error: unknown }) {
  return error ? (
    <p className="error" role="alert">
      {explain(error)}
    </p>
  ) : null;
}

type FailedProps = { error: unknown; onAgain: () => void };

/** What is shown in the place of a list that could not be read. */
export function Failed({ error, onAgain }: FailedProps) {
  return (
    <div className="empty" role="alert">
      <p>{explain(error)}</p>
      <button type="button" onClick={onAgain}>
        Try again
      </button>
    </div>
  );
}
