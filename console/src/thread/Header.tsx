import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { Conversation, User } from "../api";
import { changeConversation, markUnread } from "../api";
import { Back } from "../Back";
import type { Side } from "../Conversation";
import { useChange } from "../changes";
import { data, explain, Problem } from "../http";
import { Icon } from "../Icon";
import { useHandsets } from "../queries";
import { writes } from "../rights";
import { count, phone, readable } from "../words";

type Props = {
  conversation: Conversation | undefined;
  me: User;
  side: Side;
  onSide: (side: Side) => void;
  onUnread: () => void;
  maySend: boolean;
};

/** The name of the open conversation, and what can be done with it. */
export function Header({ conversation, me, side, onSide, onUnread, maySend }: Props) {
  const [isRenaming, setRenaming] = useState(false);
  if (!conversation) return <header className="bar">Loading…</header>;
  return (
    <header className="bar">
      <Back href="/" to="the inbox" />
      {isRenaming ? (
        <Renaming conversation={conversation} onEnd={() => setRenaming(false)} />
      ) : (
        <>
          <div className="title">
            <div>
              <h1 dir="auto">{readable(conversation.display_name)}</h1>
              {maySend && (
                <button type="button" className="quiet faint" aria-label="Rename" onClick={() => setRenaming(true)}>
                  <Icon name="edit" />
                </button>
              )}
            </div>
            <p>
              {count(conversation.participant_count, "participant")} · from {phone(conversation.from)}
            </p>
          </div>
          <Tools conversation={conversation} me={me} side={side} onSide={onSide} onUnread={onUnread} />
        </>
      )}
    </header>
  );
}

/** The form that renames; it says so before a name replaces one that somebody else gave meanwhile. */
function Renaming({ conversation, onEnd }: { conversation: Conversation; onEnd: () => void }) {
  const queries = useQueryClient();
  const [draft, setDraft] = useState(conversation.name ?? "");
  const [before, setBefore] = useState(conversation.name);
  const rename = useChange(
    async (name: string | null) => {
      if (conversation.name !== before) {
        setBefore(conversation.name);
        throw new Problem("precondition-failed", 412, `The conversation is now called ${conversation.name}.`);
      }
      const path = { conversation_id: conversation.id };
      const headers = { "If-Match": `"${conversation.version}"` };
      return data(changeConversation({ path, body: { name }, headers, throwOnError: true }));
    },
    ["conversation"],
    (renamed) => {
      queries.setQueryData(["conversation", renamed.id], renamed);
      onEnd();
    },
  );
  return (
    <form
      className="title"
      onSubmit={(event) => {
        event.preventDefault();
        rename.mutate(draft.trim() || null);
      }}
    >
      <div>
        <input
          ref={focus}
          aria-label="Name of the conversation"
          placeholder="Leave empty to show the participants' names"
          maxLength={120}
          dir="auto"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && onEnd()}
        />
        <button type="submit" className="primary" disabled={rename.isPending}>
          Save
        </button>
        <button type="button" onClick={onEnd}>
          Cancel
        </button>
      </div>
      {rename.isError && (
        <p className="error" role="alert">
          {explain(rename.error)}
        </p>
      )}
    </form>
  );
}

/** Put the cursor into a field that somebody asked for. */
const focus = (field: HTMLInputElement | null) => field?.focus();

type ToolsProps = Omit<Props, "conversation" | "maySend"> & { conversation: Conversation };

function Tools({ conversation, me, side, onSide, onUnread }: ToolsProps) {
  const hasHandsets = useHandsets(me, conversation.from);
  const unread = useChange(() => {
    onUnread();
    return data(markUnread({ path: { conversation_id: conversation.id }, throwOnError: true }));
  }, []);
  const toggle = (panel: Side) => ({
    "aria-pressed": side === panel,
    onClick: () => onSide(side === panel ? null : panel),
  });
  return (
    <div className="tools">
      {writes(me) && (
        <button id="mark-unread" type="button" onClick={() => unread.mutate(undefined)} disabled={unread.isPending}>
          <Icon name="unread" />
          Mark unread
        </button>
      )}
      <Link href={`/${conversation.id}/history`} className="button">
        <Icon name="history" />
        History
      </Link>
      <button type="button" {...toggle("people")}>
        <Icon name="people" />
        People
      </button>
      {hasHandsets && (
        <button type="button" {...toggle("handsets")}>
          <Icon name="handset" />
          Handsets
        </button>
      )}
    </div>
  );
}
