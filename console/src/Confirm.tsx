import { Dialog, type Props } from "./Dialog";
import { type Change, Form } from "./Form";

type ConfirmProps = Props & { action: string; change: Change; onConfirm: () => void };

/** A question before something that can't be undone easily. It stays until it is done, so that a refusal shows where it was asked. */
export function Confirm({ title, action, change, onConfirm, onClose, children }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <Form change={change} action={action} isDanger onSubmit={onConfirm} onCancel={onClose}>
        {children}
      </Form>
    </Dialog>
  );
}
