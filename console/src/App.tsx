import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { Route, Router, Switch } from "wouter";
import { useHashLocation } from "wouter/use-hash-location";
import type { Session } from "./api";
import { beginSession, endSession, readMe, readSession } from "./api";
import { Brand } from "./Brand";
import { useChange } from "./changes";
import { Dialog } from "./Dialog";
import { data, explain, onSessionEnd, Problem, setToken } from "./http";
import { later } from "./Later";
import { useLive } from "./live";
import { Messages } from "./Messages";
import { Navigation } from "./Navigation";
import { Shortcuts } from "./Shortcuts";
import { SignIn } from "./SignIn";
import { useAllStale, useStale } from "./stale";
import { forget, forgetSession, keepSignedIn, wasSignedIn } from "./storage";
import { useUnfinishedSends } from "./thread/outbox";

const Contacts = later(async () => (await import("./contacts/Contacts")).Contacts);
const Ledger = later(async () => (await import("./ledger/Ledger")).Ledger);
const Reviews = later(async () => (await import("./reviews/Reviews")).Reviews);
const Settings = later(async () => (await import("./settings/Settings")).Settings);

const isRefused = (error: unknown) => error instanceof Problem && error.status === 401;

/** Begin or resume a session; none if a person has to sign in. */
async function open(): Promise<Session | null> {
  // `groupchat demo` prints such an address. The part after # is never sent to a server, and its key works once.
  const key = /^#sign-in=(.+)$/.exec(location.hash)?.[1];
  if (key) {
    const begun = await data(beginSession({ body: { api_key: key, single_use: true }, throwOnError: true })).catch(
      (error) => {
        if (!isRefused(error)) throw error;
        return null;
      },
    );
    history.replaceState(null, "", location.pathname);
    if (begun) return begun;
  }
  if (location.hash === "#signed-in") {
    // The identity provider's way back ends here, with the session's cookie.
    history.replaceState(null, "", location.pathname);
    return data(readSession({ throwOnError: true }));
  }
  return wasSignedIn() ? data(readSession({ throwOnError: true })) : null;
}

export function App() {
  const queries = useQueryClient();
  const [session, setSession] = useState<Session | null | undefined>(undefined);
  const [failure, setFailure] = useState<string | null>(null);
  const [hasEnded, setEnded] = useState(false);
  const begin = useCallback((begun: Session | null) => {
    if (begun) {
      setToken(begun.csrf_token);
      keepSignedIn();
    }
    setSession(begun);
  }, []);

  useEffect(() => {
    onSessionEnd(() => {
      forgetSession();
      setEnded(true);
      setSession(null);
    });
    open().then(begin, (error) => {
      if (isRefused(error)) setSession(null);
      else setFailure(explain(error));
    });
  }, [begin]);

  const signOut = async () => {
    await endSession({ throwOnError: true });
    forget();
    queries.clear();
    setEnded(false);
    setSession(null);
  };

  if (failure !== null && session === undefined) {
    return (
      <main className="splash">
        <Brand />
        <p role="alert">{failure}</p>
        <button type="button" className="primary" onClick={() => location.reload()}>
          Try again
        </button>
      </main>
    );
  }
  if (session === undefined) return <p className="splash">Opening groupchat…</p>;
  if (session === null) return <SignIn hasEnded={hasEnded} onSignIn={begin} />;
  return <SignedIn onSignOut={signOut} />;
}

function SignedIn({ onSignOut }: { onSignOut: () => Promise<void> }) {
  const live = useLive(useStale(), useAllStale());
  useUnfinishedSends();
  const leave = useChange(onSignOut, []);
  const me = useQuery({ queryKey: ["me"], queryFn: () => data(readMe({ throwOnError: true })) });
  if (!me.data) return <p className="splash">Opening groupchat…</p>;
  return (
    <Router hook={useHashLocation}>
      <div className="app">
        <Navigation me={me.data} live={live} onSignOut={() => leave.mutate(undefined)} />
        <Switch>
          <Route path="/contacts/:id?">{({ id }) => <Contacts id={id} me={me.data} />}</Route>
          <Route path="/reviews">
            <Reviews me={me.data} />
          </Route>
          <Route path="/ledger">
            <Ledger />
          </Route>
          <Route path="/settings/:part?/:id?">
            {({ part, id }) => <Settings me={me.data} part={part} id={id} onSignOut={() => leave.mutate(undefined)} />}
          </Route>
          <Route path="/:id?/:view?/:version?">
            {({ id, view, version }) => <Messages me={me.data} id={id} view={view} version={version} />}
          </Route>
        </Switch>
        <Shortcuts />
        {leave.isError && (
          <Dialog title="You are still signed in" onClose={leave.reset}>
            <p role="alert">{explain(leave.error)}</p>
          </Dialog>
        )}
      </div>
    </Router>
  );
}
