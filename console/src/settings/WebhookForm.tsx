import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { WebhookInput, WebhookStatus, WebhookWithSecret } from "../api";
import { addWebhook, changeWebhook, schemas } from "../api";
import { useChange } from "../changes";
import { Dialog } from "../Dialog";
import { Field, Form, isOn, useField, written } from "../Form";
import { data } from "../http";

type Props = { webhook: WebhookStatus | null; onClose: () => void; onAdded?: (webhook: WebhookWithSecret) => void };

/** Add a webhook, or change one. */
export function WebhookForm({ webhook, onClose, onAdded }: Props) {
  const add = useChange(
    (body: WebhookInput, headers) => data(addWebhook({ body, headers, throwOnError: true })),
    ["webhooks"],
    (added) => onAdded?.(added),
  );
  const change = useChange(
    (body: WebhookInput) => data(changeWebhook({ path: { webhook_id: webhook?.id ?? "" }, body, throwOnError: true })),
    ["webhooks"],
    onClose,
  );
  const save = webhook ? change : add;
  return (
    <Dialog title={webhook ? "Change the webhook" : "Add a webhook"} onClose={onClose}>
      <Form
        change={save}
        action={webhook ? "Save" : "Add"}
        onCancel={onClose}
        onSubmit={(form) =>
          save.mutate({
            url: written(form, "url"),
            description: written(form, "description") || null,
            types: isOn(form, "all") ? null : form.getAll("types").map(String),
          })
        }
      >
        <Field
          name="url"
          label="Address"
          type="url"
          required
          maxLength={2048}
          placeholder="https://crm.example.com/hooks/groupchat"
          defaultValue={webhook?.url}
        />
        <Field
          name="description"
          label="What it is for (optional)"
          maxLength={120}
          defaultValue={webhook?.description ?? ""}
          autoComplete="off"
        />
        <Types chosen={webhook?.types ?? null} />
      </Form>
    </Dialog>
  );
}

/** The choice of the types of events, by what they are about. */
function Types({ chosen }: { chosen: string[] | null }) {
  const [isAll, setAll] = useState(chosen === null);
  const { below } = useField({ name: "types", label: "Events" });
  const known = useQuery({
    queryKey: ["schemas"],
    queryFn: () => data(schemas({ throwOnError: true })),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const types = (known.data?.items ?? []).map((each) => each.type).filter(isSent);
  return (
    <fieldset className="types">
      <legend>Events</legend>
      <label className="check">
        <input type="checkbox" name="all" checked={isAll} onChange={(event) => setAll(event.target.checked)} />
        All, also those that later versions add
      </label>
      {below}
      {!isAll &&
        [...new Set(types.map(subject))].map((about) => (
          <fieldset key={about}>
            <legend>{words(about)}</legend>
            {types
              .filter((each) => subject(each) === about)
              .map((each) => (
                <label key={each} className="check">
                  <input type="checkbox" name="types" value={each} defaultChecked={chosen?.includes(each)} />
                  {words(each.split(".")[2] ?? each)}
                </label>
              ))}
          </fieldset>
        ))}
    </fieldset>
  );
}

/** Whether events of a type are ever sent: those of API keys are not. */
const isSent = (type: string) => !type.startsWith("groupchat.workspace.key_");

const subject = (type: string) => type.split(".")[1] ?? type;

const words = (name: string) => {
  const spaced = name.replaceAll("_", " ");
  return `${spaced.charAt(0).toUpperCase()}${spaced.slice(1)}`;
};
