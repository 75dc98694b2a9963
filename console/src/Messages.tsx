import { useCallback, useState } from "react";
import { useLocation } from "wouter";
import type { User } from "./api";
import { Handsets } from "./handsets/Handsets";
import { History } from "./history/History";
import { Inbox } from "./inbox/Inbox";
import { NewGroup } from "./newgroup/NewGroup";
import { Pane } from "./people/Pane";
import { useKeys } from "./Shortcuts";
import { Thread } from "./thread/Thread";

type Side = "people" | "handsets" | null;

/** The inbox, the chosen conversation, and the panel next to it. */
export function Messages({ me, id, view }: { me: User; id: string | undefined; view: string | undefined }) {
  const [, go] = useLocation();
  const [side, setSide] = useState<Side>(() => (matchMedia("(min-width: 1100px)").matches ? "people" : null));
  const isNew = id === "new";
  const beside = id && !isNew && view !== "history" ? side : null;
  useKeys(
    useCallback(
      (key: string) => {
        if (key === "n") go("/new");
        else if (key === "/") document.getElementById("inbox-search")?.focus();
        else if (key === "r") document.getElementById("composer")?.focus();
        else if (key === "u") document.getElementById("mark-unread")?.click();
        else if (key === "j" || key === "k") step(key === "j" ? 1 : -1);
        else return false;
        return true;
      },
      [go],
    ),
  );
  return (
    <div className={`messages ${id ? "chosen" : ""} ${beside ? "beside" : ""}`}>
      <Inbox me={me} chosen={id} />
      {isNew ? (
        <NewGroup onDone={(made) => go(made ? `/${made}` : "/")} />
      ) : id && view === "history" ? (
        <History id={id} />
      ) : id ? (
        <Thread key={id} id={id} me={me} side={side} onSide={setSide} />
      ) : (
        <main className="nothing">
          <h1>Messages</h1>
          <p>Choose a conversation, or start a new one.</p>
          <p className="keys">
            <kbd>j</kbd> and <kbd>k</kbd> move through the list, <kbd>n</kbd> starts a group, <kbd>/</kbd> searches,{" "}
            <kbd>r</kbd> replies, <kbd>?</kbd> shows all keys.
          </p>
        </main>
      )}
      {id && beside === "people" && <Pane id={id} me={me} onClose={() => setSide(null)} />}
      {id && beside === "handsets" && <Handsets id={id} onClose={() => setSide(null)} />}
    </div>
  );
}

/** Move to the next or previous conversation of the list. */
function step(by: number): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>(".inbox li > a")];
  const at = links.findIndex((link) => link.getAttribute("aria-current") === "page");
  links[Math.max(0, Math.min(links.length - 1, at + by))]?.click();
}
