import { useMutation, useQueryClient } from "@tanstack/react-query";
import { explain } from "./http";

/** Return a mutation after which the lists with these keys are read again. */
export function useChange<T, R>(change: (value: T) => Promise<R>, keys: string[], done?: (result: R) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (result: R) => {
      for (const key of keys) void queries.invalidateQueries({ queryKey: [key] });
      done?.(result);
    },
  });
}

/** An error, in the server's words. */
export function Failure({ error }: { error: unknown }) {
  return error ? (
    <p className="error" role="alert">
      {explain(error)}
    </p>
  ) : null;
}
