import { Link, useLocation } from "wouter";
import type { Conversation, User } from "../api";
import { createSuccessor } from "../api";
import { Failure, useChange } from "../changes";
import { data } from "../http";
import { Icon } from "../Icon";
import { useCreates, usePane } from "../queries";
import { CREATED } from "../storage";
import { Why } from "../Why";
import { moment, phone } from "../words";

/** The people who opted out, and a button that continues without them (R18). */
export function Blocked({ conversation, me, maySend }: { conversation: Conversation; me: User; maySend: boolean }) {
  const [, go] = useLocation();
  const creates = useCreates(me);
  const pane = usePane(conversation.id);
  const goOn = useChange(
    (_: undefined, headers) =>
      data(createSuccessor({ path: { conversation_id: conversation.id }, body: {}, headers, throwOnError: true })),
    ["conversation"],
    (made) => go(`/${made.id}`, { state: CREATED }),
  );
  const gone = (pane.data?.opted_out ?? []).filter((each) => conversation.blocked_by.includes(each.number));
  return (
    <section className="blocked-banner" aria-label="Blocked">
      <Icon name="blocked" />
      <p>
        <strong>Nothing can be sent in this group.</strong>{" "}
        {gone
          .map(
            (each) =>
              `${each.name ?? phone(each.number)} opted out${each.opted_out_at ? ` on ${moment(each.opted_out_at)}` : ""}.`,
          )
          .join(" ")}{" "}
        <Why about={{ kind: "conversation", id: conversation.id }} label="Why can't anything be sent?" />
      </p>
      {conversation.successor_id ? (
        <Link href={`/${conversation.successor_id}`} className="button primary">
          Open the group that continues
        </Link>
      ) : (
        maySend &&
        creates && (
          <button type="button" className="primary" disabled={goOn.isPending} onClick={() => goOn.mutate(undefined)}>
            Continue without them
          </button>
        )
      )}
      <Failure error={goOn.error} />
    </section>
  );
}
