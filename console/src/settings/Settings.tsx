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

export function Settings({ me, part }: { me: User; part: string | undefined }) {
  const offered = Object.keys(PARTS).filter(
    (each) => manages(me) || !AUDITED.has(each) || (me.role === "auditor" && each === "refusals"),
  );
  const chosen = (offered.includes(part ?? "") ? part : offered[0]) as keyof typeof PARTS;
  const [title, Part] = PARTS[chosen];
  return (
    <main className="form wide settings">
      <nav aria-label="Settings" className="filters">
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
      <h1>{title}</h1>
      <Part me={me} />
    </main>
  );
}
