import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { type Change, Form } from "./Form";
import { Icon } from "./Icon";

type Props = { title: string; onClose: () => void; children: ReactNode };

/**
 * A dialog, open as long as it is shown. The browser keeps the focus in it, closes it with Escape, and gives the focus back to what
 * opened it.
 */
export function Dialog({ title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    shown?.querySelector<HTMLElement>("input, select, textarea")?.focus();
    return () => shown?.close();
  }, []);
  const close = () => {
    if (!dialog.current?.open) onClose();
  };
  return (
    <dialog ref={dialog} aria-labelledby={heading} onClose={close}>
      <div className="bar">
        <h2 id={heading}>{title}</h2>
        <button type="button" className="quiet faint" aria-label="Close" onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </div>
      {children}
    </dialog>
  );
}

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
