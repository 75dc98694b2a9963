import { Link, useLocation } from "wouter";
import type { User } from "./api";
import type { Liveness } from "./live";

const PLACES = [
  ["/", "Messages"],
  ["/contacts", "Contacts"],
  ["/ledger", "Ledger"],
  ["/settings", "Settings"],
] as const;

export function Navigation({ me, live, onSignOut }: { me: User; live: Liveness; onSignOut: () => Promise<void> }) {
  const [at] = useLocation();
  const here = PLACES.slice(1).find(([path]) => at.startsWith(path))?.[0] ?? "/";
  return (
    <header className="navigation">
      <strong className="brand">groupchat</strong>
      <nav aria-label="Main">
        {PLACES.map(([path, name]) => (
          <Link key={path} href={path} aria-current={here === path ? "page" : undefined}>
            {name}
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
