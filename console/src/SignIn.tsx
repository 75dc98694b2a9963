import { useMutation, useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import type { Session } from "./api";
import { beginSession, readSignIn } from "./api";
import { data, explain } from "./http";

export function SignIn({ onSignIn }: { onSignIn: (session: Session) => void }) {
  const [key, setKey] = useState("");
  const id = useId();
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
        <h1>groupchat</h1>
        {provider && (
          <>
            <a className="button primary" href="/v1/sign-in/provider">
              Sign in with {provider}
            </a>
            <p className="or">or</p>
          </>
        )}
        <p>Sign in with your API key. Your browser doesn't keep the key, only a session that ends after 12 hours.</p>
        <label htmlFor={id}>API key</label>
        <input
          id={id}
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
        {signIn.isError && (
          <p className="error" role="alert">
            {explain(signIn.error)}
          </p>
        )}
        <button type="submit" className="primary" disabled={signIn.isPending || !key.trim()}>
          Sign in
        </button>
      </form>
    </main>
  );
}
