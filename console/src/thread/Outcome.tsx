import { useState } from "react";
import type { Message, MessageOutcome } from "../api";
import { settle } from "../api";
import { useChange } from "../changes";
import { Dialog } from "../Dialog";
import { Choice, Field, Form, written } from "../Form";
import { phone } from "../words";

const STATUSES = [
  ["delivered", "It arrived"],
  ["failed", "It did not arrive"],
] as const;

/** For those who manage: saying what became of a message of which the carrier doesn't know, and how one knows (R28). */
export function Outcome({ message }: { message: Message }) {
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  const unconfirmed = message.recipients.filter((each) => each.status === "unconfirmed").map((each) => each.number);
  const record = useChange(
    (body: MessageOutcome, headers) => settle({ path: { message_id: message.id }, body, headers, throwOnError: true }),
    ["thread"],
    close,
  );
  return (
    <>
      <button type="button" className="quiet" onClick={() => setOpen(true)}>
        Did it arrive?
      </button>
      {isOpen && (
        <Dialog title="Did it arrive?" onClose={close}>
          <Form
            change={record}
            action="Record it"
            onCancel={close}
            onSubmit={(form) =>
              record.mutate({
                status: written(form, "status") as MessageOutcome["status"],
                reason: written(form, "reason"),
                recipients: written(form, "recipient") ? [written(form, "recipient")] : unconfirmed,
              })
            }
          >
            <p>The carrier doesn&apos;t know. If you know, record it. The history keeps who recorded it, and why.</p>
            {unconfirmed.length > 1 && (
              <Choice
                name="recipient"
                label="For whom"
                options={[["", "All of them"], ...unconfirmed.map((each) => [each, phone(each)] as const)]}
              />
            )}
            <Choice name="status" label="What happened" options={STATUSES} />
            <Field name="reason" label="How you know" required maxLength={500} autoComplete="off" />
          </Form>
        </Dialog>
      )}
    </>
  );
}
