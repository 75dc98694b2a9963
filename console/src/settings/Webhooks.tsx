import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { User, WebhookWithSecret } from "../api";
import { listWebhooks } from "../api";
import { Failure } from "../changes";
import { data } from "../http";
import { all } from "../queries";
import { manages } from "../rights";
import { count } from "../words";
import { Secret } from "./Secret";
import { Webhook } from "./Webhook";
import { WebhookForm } from "./WebhookForm";
import { LOOK_MS, State } from "./WebhookState";

/** The webhooks that send the workspace's events to other systems, and how each is doing (R55). */
export function Webhooks({ me, id }: { me: User; id: string | undefined }) {
  return id ? <Webhook id={id} me={me} /> : <List me={me} />;
}

function List({ me }: { me: User }) {
  const [isAdding, setAdding] = useState(false);
  const [added, setAdded] = useState<WebhookWithSecret | null>(null);
  const webhooks = useQuery({
    queryKey: ["webhooks"],
    queryFn: () => all((query) => data(listWebhooks({ query, throwOnError: true }))),
    refetchInterval: LOOK_MS,
  });
  return (
    <>
      <div className="top">
        <p className="hint">The workspace's events are posted to these addresses of other systems, signed.</p>
        {manages(me) && (
          <button type="button" className="primary" onClick={() => setAdding(true)}>
            Add a webhook
          </button>
        )}
      </div>
      <Failure error={webhooks.error} />
      {webhooks.data?.length === 0 && <p className="empty">No webhooks yet.</p>}
      <ul className="cards" aria-label="Webhooks">
        {(webhooks.data ?? []).map((each) => (
          <li key={each.id} className={each.active ? "row" : "row off"}>
            <div className="what">
              <Link href={`/settings/webhooks/${each.id}`}>{each.description ?? each.url}</Link>{" "}
              <State webhook={each} />
              <p className="hint">
                {each.description && `${each.url} · `}
                {each.types ? count(each.types.length, "type of event", "types of events") : "all events"}
              </p>
            </div>
          </li>
        ))}
      </ul>
      {isAdding && (
        <WebhookForm
          webhook={null}
          onClose={() => setAdding(false)}
          onAdded={(webhook) => {
            setAdding(false);
            setAdded(webhook);
          }}
        />
      )}
      {added && (
        <Secret
          title="The webhook's secret"
          secret={added.secret}
          again="Open the webhook and change its secret."
          onClose={() => setAdded(null)}
        />
      )}
    </>
  );
}
