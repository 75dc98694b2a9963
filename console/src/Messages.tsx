import { useCallback, useState } from "react";
import { Link, useLocation } from "wouter";
import type { User } from "./api";
import type { Side } from "./Conversation";
import { Icon } from "./Icon";
import { Inbox } from "./inbox/Inbox";
import { later } from "./Later";
import { useCreates } from "./queries";
import { useKeys } from "./Shortcuts";
import { CREATED } from "./storage";

const Conversation = later(async () => (await import("./Conversation")).Conversation);
const History = later(async () => (await import("./history/History")).History);
const NewGroup = later(async () => (await import("./newgroup/NewGroup")).NewGroup);

type Props = { me: User; id: string | undefined; view: string | undefined; version: string | undefined };

/** The inbox, the chosen conversation or its history at a version, and the panel next to it. */
export function Messages({ me, id, view, version }: Props) {
  const [, go] = useLocation();
  const [side, setSide] = useState<Side>(() => (matchMedia("(min-width: 1100px)").matches ? "people" : null));
  const starts = useCreates(me);
  const isNew = id === "new";
  const beside = id && !isNew && view !== "history" ? side : null;
  useKeys(
    useCallback(
      (key: string) => {
        if (key === "n" && starts) go("/new");
        else if (key === "/") document.getElementById("inbox-search")?.focus();
        else if (key === "r") document.getElementById("composer")?.focus();
        else if (key === "u") document.getElementById("mark-unread")?.click();
        else if (key === "j" || key === "k") step(key === "j" ? 1 : -1);
        else return false;
        return true;
      },
      [go, starts],
    ),
  );
  return (
    <div className={`messages ${id ? "chosen" : ""} ${beside ? "beside" : ""}`}>
      <Inbox me={me} chosen={id} starts={starts} />
      {isNew && starts ? (
        <NewGroup onDone={(made) => go(`/${made}`, { state: CREATED })} />
      ) : isNew ? (
        <main className="nothing">
          {starts === false && (
            <>
              <h1>You can&apos;t create groups</h1>
              <p>The role “{me.role}” doesn&apos;t allow it. Ask an owner or an admin.</p>
              <Link href="/">Back to the inbox</Link>
            </>
          )}
        </main>
      ) : id && view === "history" ? (
        <History key={id} id={id} me={me} version={version ? Number(version) : null} />
      ) : id ? (
        <Conversation id={id} me={me} side={side} onSide={setSide} />
      ) : (
        <main className="nothing">
          <Icon name="messages" />
          <h1>No conversation is open</h1>
          <p>Choose one on the left{starts && ", or start a new group"}.</p>
          <p className="shortcut">
            <kbd>?</kbd> shows the keyboard shortcuts
          </p>
        </main>
      )}
    </div>
  );
}

/** Move to the next or previous conversation of the list. */
function step(by: number): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>(".inbox li > a")];
  const at = links.findIndex((link) => link.getAttribute("aria-current") === "page");
  const next = links[Math.max(0, Math.min(links.length - 1, at + by))];
  next?.click();
  next?.scrollIntoView({ block: "nearest" });
}
