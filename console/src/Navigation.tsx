import { Link, useLocation } from "wouter";
import { Avatar } from "./Avatar";
import type { User } from "./api";
import { Brand } from "./Brand";
import { Icon } from "./Icon";
import type { Liveness } from "./live";
import { useReviews } from "./queries";

const PLACES = [
  ["/", "Messages", "messages"],
  ["/contacts", "Contacts", "contacts"],
  ["/reviews", "Reviews", "reviews"],
  ["/ledger", "Ledger", "ledger"],
  ["/settings", "Settings", "settings"],
] as const;

export function Navigation({ me, live, onSignOut }: { me: User; live: Liveness; onSignOut: () => void }) {
  const [at] = useLocation();
  const open = useReviews().data?.items.length ?? 0;
  const here = PLACES.slice(1).find(([path]) => at.startsWith(path))?.[0] ?? "/";
  return (
    <header className="navigation">
      <Brand />
      <nav aria-label="Main">
        {PLACES.map(([path, name, icon]) => (
          <Link key={path} href={path} aria-current={here === path ? "page" : undefined}>
            <Icon name={icon} />
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
        <Avatar name={me.name} of={me.id} />
        <span>
          {me.name} <small>{me.role}</small>
        </span>
      </span>
      <button type="button" className="quiet faint" onClick={onSignOut}>
        Sign out
      </button>
    </header>
  );
}
