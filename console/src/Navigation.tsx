import { Link, useLocation } from "wouter";
import type { User } from "./api";
import type { Liveness } from "./live";
import { useReviews } from "./queries";

const PLACES = [
  ["/", "Messages"],
  ["/contacts", "Contacts"],
  ["/reviews", "Reviews"],
  ["/ledger", "Ledger"],
  ["/settings", "Settings"],
] as const;

export function Navigation({ me, live, onSignOut }: { me: User; live: Liveness; onSignOut: () => Promise<void> }) {
  const [at] = useLocation();
  const open = useReviews().data?.items.length ?? 0;
  const here = PLACES.slice(1).find(([path]) => at.startsWith(path))?.[0] ?? "/";
  return (
    <header className="navigation">
      <strong className="brand">groupchat</strong>
      <nav aria-label="Main">
        {PLACES.map(([path, name]) => (
          <Link key={path} href={path} aria-current={here === path ? "page" : undefined}>
            {name}
            {path === "/reviews" && open > 0 && (
              <>
                {" "}
                <span className="badge">{open}</span>
              </>
            )}
          </Link>
        ))}
      </nav>
      <span className={`live ${live}`} role="status">
        {live === "offline" ? "Offline. This page may be outdated." : live === "live" ? "Live" : "Connecting…"}
      </span>
      <span className="me" title={me.email}>
        {me.name} <small>{me.role}</small>
      </span>
      <button type="button" onClick={() => void onSignOut()}>
        Sign out
      </button>
    </header>
  );
}
