import { Link } from "wouter";
import type { User } from "../api";
import { manages } from "../rights";
import { AutoReplies } from "./AutoReplies";
import { DoNotDisturb } from "./DoNotDisturb";
import { Numbers } from "./Numbers";
import { Policy } from "./Policy";
import { Rates } from "./Rates";
import { Refusals } from "./Refusals";
import { Users } from "./Users";

const PARTS = {
  users: ["Users and keys", Users],
  numbers: ["Business numbers", Numbers],
  policy: ["Policy", Policy],
  replies: ["Automatic replies", AutoReplies],
  rates: ["Rates", Rates],
  dnd: ["Do not disturb", DoNotDisturb],
  refusals: ["Refusals", Refusals],
} as const;

const AUDITED = new Set(["refusals", "dnd"]);

type Props = { me: User; part: string | undefined; onSignOut: () => Promise<void> };

export function Settings({ me, part, onSignOut }: Props) {
  const offered = Object.keys(PARTS).filter(
    (each) => manages(me) || !AUDITED.has(each) || (me.role === "auditor" && each === "refusals"),
  );
  const chosen = (offered.includes(part ?? "") ? part : offered[0]) as keyof typeof PARTS;
  const [title, Part] = PARTS[chosen];
  return (
    <main className="form wide settings">
      <nav aria-label="Settings">
        {offered.map((each) => (
          <Link
            key={each}
            href={`/settings/${each}`}
            className="button"
            aria-current={each === chosen ? "page" : undefined}
          >
            {PARTS[each as keyof typeof PARTS][0]}
          </Link>
        ))}
      </nav>
      <section>
        <h1>{title}</h1>
        <Part me={me} />
        <div className="narrow-only">
          <p className="hint">
            You are signed in as {me.name} ({me.role}).
          </p>
          <button type="button" onClick={() => void onSignOut()}>
            Sign out
          </button>
        </div>
      </section>
    </main>
  );
}
