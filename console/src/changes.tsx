import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { explain } from "./http";

/** The header with which the server does a repeated request only once. */
export type Once = { "Idempotency-Key": string };

/**
 * Return a change after which the lists with these keys are read again, even if it was refused: then what is shown may be old. What is pressed twice happens once: while the request is on its
 * way, nothing else is sent, and a repeat after a lost response has the same idempotency key.
 */
export function useChange<T, R>(
  change: (value: T, once: Once) => Promise<R>,
  keys: readonly string[],
  done?: (result: R, value: T) => void,
) {
  const queries = useQueryClient();
  const intent = useRef({ said: "", key: "" });
  const isBusy = useRef(false);
  const mutation = useMutation({
    mutationFn: (value: T) => {
      const said = JSON.stringify(value) ?? "";
      if (!intent.current.key || intent.current.said !== said) intent.current = { said, key: crypto.randomUUID() };
      return change(value, { "Idempotency-Key": intent.current.key });
    },
    onSuccess: (result, value) => {
      intent.current.key = "";
      done?.(result, value);
    },
    onSettled: () => {
      isBusy.current = false;
      for (const key of keys) void queries.invalidateQueries({ queryKey: [key] });
    },
  });
  const mutate = (value: T) => {
    if (isBusy.current) return;
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

/** What stands in the place of a list that could not be read. */
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
