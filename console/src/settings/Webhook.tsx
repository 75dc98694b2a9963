import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import type { User, WebhookStatus, WebhookWithSecret } from "../api";
import { changeWebhook, issueWebhookSecret, readWebhook, removeWebhook, testWebhook } from "../api";
import { Confirm } from "../Confirm";
import { Failure, useChange } from "../changes";
import { data } from "../http";
import { manages } from "../rights";
import { moment } from "../words";
import { Attempts } from "./Attempts";
import { Replay } from "./Replay";
import { Secret } from "./Secret";
import { WebhookForm } from "./WebhookForm";
import { LOOK_MS, State } from "./WebhookState";

type Shown = "change" | "replay" | "secret" | "remove";

/** One webhook: how it is doing, what was sent to it, and what can be done with it. */
export function Webhook({ id, me }: { id: string; me: User }) {
  const [shown, setShown] = useState<Shown | null>(null);
  const [after, setAfter] = useState<number | null>(null);
  const [issued, setIssued] = useState<WebhookWithSecret | null>(null);
  const close = () => setShown(null);
  const webhook = useQuery({
    queryKey: ["webhooks", id],
    queryFn: () => data(readWebhook({ path: { webhook_id: id }, throwOnError: true })),
    refetchInterval: LOOK_MS,
  });
  const one = webhook.data;
  const replayFrom = (position: number | null) => {
    setAfter(position);
    setShown("replay");
  };
  return (
    <>
      <header className="bar">
        <h2 dir="auto">{one?.description ?? one?.url ?? "Webhook"}</h2>
        {one && <State webhook={one} />}
      </header>
      <Failure error={webhook.error} />
      {one && (
        <>
          <Facts webhook={one} />
          {manages(me) && (
            <Actions webhook={one} onShow={(what) => (what === "replay" ? replayFrom(null) : setShown(what))} />
          )}
          <Attempts id={id} onReplay={manages(me) ? (position) => replayFrom(position - 1) : undefined} />
          {shown === "change" && <WebhookForm webhook={one} onClose={close} />}
          {shown === "replay" && <Replay webhook={one} after={after} onClose={close} />}
          {shown === "secret" && (
            <NewSecret
              id={id}
              onClose={close}
              onIssued={(each) => {
                close();
                setIssued(each);
              }}
            />
          )}
          {shown === "remove" && <Remove webhook={one} onClose={close} />}
          {issued && (
            <Secret
              title="The webhook's new secret"
              secret={issued.secret}
              again="Change the secret once more."
              onClose={() => setIssued(null)}
            />
          )}
        </>
      )}
    </>
  );
}

function Facts({ webhook }: { webhook: WebhookStatus }) {
  const facts = [
    ["Address", webhook.url],
    ["Events", webhook.types ? webhook.types.map((each) => each.replace("groupchat.", "")).join(", ") : "All"],
    ["Added", moment(webhook.created_at)],
    ["Sent up to", `position ${webhook.position} of the log`],
    ["Failing since", webhook.failing_since && moment(webhook.failing_since)],
    [
      "Secrets",
      webhook.secrets
        .map((each) => `issued ${moment(each.issued_at)}${each.until ? `, signs until ${moment(each.until)}` : ""}`)
        .join("; "),
    ],
  ];
  return (
    <dl className="facts">
      {facts.map(
        ([name, value]) =>
          value && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

function Actions({ webhook, onShow }: { webhook: WebhookStatus; onShow: (what: Shown) => void }) {
  const path = { webhook_id: webhook.id };
  const turn = useChange(
    (active: boolean) => data(changeWebhook({ path, body: { active }, throwOnError: true })),
    ["webhooks"],
  );
  const test = useChange((_: undefined, headers) => testWebhook({ path, headers, throwOnError: true }), ["webhooks"]);
  return (
    <>
      <div className="actions">
        {webhook.active && (
          <button type="button" disabled={test.isPending} onClick={() => test.mutate(undefined)}>
            Send a test
          </button>
        )}
        <button type="button" onClick={() => onShow("change")}>
          Change
        </button>
        <button type="button" onClick={() => onShow("replay")}>
          Replay
        </button>
        <button type="button" onClick={() => onShow("secret")}>
          Change the secret
        </button>
        <button type="button" disabled={turn.isPending} onClick={() => turn.mutate(!webhook.active)}>
          {webhook.active ? "Switch off" : "Switch on"}
        </button>
        <button type="button" className="danger" onClick={() => onShow("remove")}>
          Remove
        </button>
      </div>
      {test.isSuccess && (
        <p className="hint" role="status">
          A test is on its way. Its attempt is shown below.
        </p>
      )}
      <Failure error={test.error ?? turn.error} />
    </>
  );
}

function NewSecret({
  id,
  onClose,
  onIssued,
}: {
  id: string;
  onClose: () => void;
  onIssued: (webhook: WebhookWithSecret) => void;
}) {
  const issue = useChange(
    (_: undefined, headers) => data(issueWebhookSecret({ path: { webhook_id: id }, headers, throwOnError: true })),
    ["webhooks"],
    onIssued,
  );
  return (
    <Confirm
      title="Change the secret?"
      action="Change the secret"
      change={issue}
      onConfirm={() => issue.mutate(undefined)}
      onClose={onClose}
    >
      <p>
        Requests are signed with the new secret at once, and with the present one, too, for 24 hours. Change it in your
        system in between.
      </p>
    </Confirm>
  );
}

function Remove({ webhook, onClose }: { webhook: WebhookStatus; onClose: () => void }) {
  const [, go] = useLocation();
  const remove = useChange(
    () => removeWebhook({ path: { webhook_id: webhook.id }, throwOnError: true }),
    ["webhooks"],
    () => go("/settings/webhooks"),
  );
  return (
    <Confirm
      title="Remove the webhook?"
      action="Remove"
      change={remove}
      onConfirm={() => remove.mutate(undefined)}
      onClose={onClose}
    >
      <p>
        Nothing is sent to {webhook.url} any more. What was not sent yet is not sent at all. To pause it, switch it off
        instead.
      </p>
    </Confirm>
  );
}
