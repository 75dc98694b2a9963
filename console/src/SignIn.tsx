import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Session } from "./api";
import { beginSession, readSignIn } from "./api";
import { Brand } from "./Brand";
import { data, explain } from "./http";

type Props = { hasEnded: boolean; onSignIn: (session: Session) => void };

/** The way in. If a session has just ended, it says so: what its user was writing is kept. */
export function SignIn({ hasEnded, onSignIn }: Props) {
  const [key, setKey] = useState("");
  const signIn = useMutation({
    mutationFn: (api_key: string) => data(beginSession({ body: { api_key }, throwOnError: true })),
    onSuccess: onSignIn,
  });
  const offer = useQuery({ queryKey: ["sign-in"], queryFn: () => data(readSignIn({ throwOnError: true })) });
  const provider = offer.data?.provider;
  return (
    <main className="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim()) signIn.mutate(key.trim());
        }}
      >
        <Brand />
        <h1>Sign in</h1>
        {hasEnded && (
          <p className="notice" role="status">
            Your session has ended. Sign in to continue. Your drafts and unsent messages are still here.
          </p>
        )}
        {provider && (
          <>
            <a className="button primary" href="/v1/sign-in/provider">
              Sign in with {provider}
            </a>
            <p className="or">or</p>
          </>
        )}
        <label>
          API key
          <input
            required
            type="password"
            autoComplete="off"
            spellCheck={false}
            placeholder="gck_…"
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
        </label>
        {signIn.isError && (
          <p className="error" role="alert">
            {explain(signIn.error)}
          </p>
        )}
        <button type="submit" className="primary" disabled={signIn.isPending}>
          Sign in
        </button>
        <p className="hint">The browser doesn&apos;t keep the key, only a session that ends after 12 hours.</p>
      </form>
    </main>
  );
}
