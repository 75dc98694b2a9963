import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import type { Conversation, User } from "../api";
import { createSuccessor } from "../api";
import { data, explain } from "../http";
import { usePane } from "../queries";
import { Why } from "../Why";
import { moment, phone } from "../words";

/** The people who opted out, and a button that continues without them (R18). */
export function Blocked({ conversation, me }: { conversation: Conversation; me: User }) {
  const [, go] = useLocation();
  const [key] = useState(() => crypto.randomUUID());
  const pane = usePane(conversation.id);
  const goOn = useMutation({
    mutationFn: () =>
      data(
        createSuccessor({
          path: { conversation_id: conversation.id },
          body: {},
          headers: { "Idempotency-Key": key },
          throwOnError: true,
        }),
      ),
    onSuccess: (made) => go(`/${made.id}`),
  });
  const gone = (pane.data?.opted_out ?? []).filter((each) => conversation.blocked_by.includes(each.number));
  return (
    <section className="blocked-banner" aria-label="Blocked">
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
          Open the group that continues without them
        </Link>
      ) : (
        me.role !== "auditor" && (
          <button type="button" className="primary" disabled={goOn.isPending} onClick={() => goOn.mutate()}>
            Continue without them
          </button>
        )
      )}
      {goOn.isError && (
        <p className="error" role="alert">
          {explain(goOn.error)}
        </p>
      )}
    </section>
  );
}
