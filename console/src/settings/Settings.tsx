import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { User } from "../api";
import { readWorkspace } from "../api";
import { Back } from "../Back";
import { data } from "../http";
import { audits, seesEverything } from "../rights";
import "../styles/settings.css";
import { AutoReplies } from "./AutoReplies";
import { Carriers } from "./Carriers";
import { DoNotDisturb } from "./DoNotDisturb";
import { Numbers } from "./Numbers";
import { Policy } from "./Policy";
import { Proof } from "./Proof";
import { Rates } from "./Rates";
import { Refusals } from "./Refusals";
import { Roles } from "./Roles";
import { Users } from "./Users";
import { Webhooks } from "./Webhooks";

type Part = {
  title: string;
  show: (me: User, id: string | undefined) => ReactNode;
  /** Whether a person sees it; without it, everybody does. */
  isFor?: (me: User) => boolean;
};

const PARTS: Record<string, Part> = {
  users: { title: "Users and keys", show: (me) => <Users me={me} /> },
  roles: { title: "Roles", show: (me) => <Roles me={me} /> },
  numbers: { title: "Business numbers", show: (me) => <Numbers me={me} /> },
  carriers: { title: "Carriers", show: () => <Carriers />, isFor: audits },
  policy: { title: "Policy", show: (me) => <Policy me={me} /> },
  replies: { title: "Automatic replies", show: (me) => <AutoReplies me={me} /> },
  rates: { title: "Rates", show: (me) => <Rates me={me} /> },
  dnd: { title: "Do not disturb", show: (me) => <DoNotDisturb me={me} />, isFor: seesEverything },
  webhooks: { title: "Webhooks", show: (me, id) => <Webhooks me={me} id={id} />, isFor: audits },
  proof: { title: "Proof of history", show: () => <Proof />, isFor: audits },
  refusals: { title: "Refusals", show: () => <Refusals />, isFor: audits },
};

type Props = { me: User; part: string | undefined; id: string | undefined; onSignOut: () => void };

export function Settings({ me, part, id, onSignOut }: Props) {
  const offered = Object.entries(PARTS).filter(([, { isFor }]) => !isFor || isFor(me));
  const [chosen, shown] = offered.find(([name]) => name === part) ?? (offered[0] as [string, Part]);
  const workspace = useQuery({ queryKey: ["workspace"], queryFn: () => data(readWorkspace({ throwOnError: true })) });
  return (
    <main className={part ? "form wide settings chosen" : "form wide settings"}>
      <nav aria-label="Settings">
        <p className="hint" dir="auto">
          {workspace.data?.name}
        </p>
        {offered.map(([name, { title }]) => (
          <Link
            key={name}
            href={`/settings/${name}`}
            className="button"
            aria-current={name === chosen ? "page" : undefined}
          >
            {title}
          </Link>
        ))}
        <div className="narrow-only">
          <p className="hint">
            You are signed in as {me.name} ({me.role}).
          </p>
          <button type="button" onClick={onSignOut}>
            Sign out
          </button>
        </div>
      </nav>
      <section>
        <header className={id ? "bar inner" : "bar"}>
          <Back href={id ? `/settings/${chosen}` : "/settings"} to={id ? shown.title : "the settings"} />
          <h1>{shown.title}</h1>
        </header>
        {shown.show(me, id)}
      </section>
    </main>
  );
}
