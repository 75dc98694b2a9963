import type { WebhookStatus } from "../api";
import { replayWebhook } from "../api";
import { useChange } from "../changes";
import { Dialog } from "../Dialog";
import { Field, Form, written } from "../Form";
import { seenPosition } from "../http";

/** Continue a webhook elsewhere in the log: earlier, to send events again, or at its end, to skip what was not sent. */
export function Replay({
  webhook,
  after,
  onClose,
}: {
  webhook: WebhookStatus;
  after: number | null;
  onClose: () => void;
}) {
  const replay = useChange(
    (position: number, headers) =>
      replayWebhook({
        path: { webhook_id: webhook.id },
        body: { after: position },
        headers,
        throwOnError: true,
      }),
    ["webhooks"],
    onClose,
  );
  return (
    <Dialog title="Replay" onClose={onClose}>
      <Form
        change={replay}
        action="Replay"
        onCancel={onClose}
        onSubmit={(form) => replay.mutate(Number(written(form, "after")))}
      >
        <Field
          name="after"
          label="Continue after position"
          type="number"
          min={0}
          required
          defaultValue={after ?? webhook.position}
          hint={`Events after this position of the log are sent again, also those that were set aside. 0 is its beginning, and ${seenPosition()} skips everything that is still to be sent.`}
        />
      </Form>
    </Dialog>
  );
}
