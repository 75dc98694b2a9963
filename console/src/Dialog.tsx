import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { Icon } from "./Icon";

export type Props = { title: string; onClose: () => void; children: ReactNode };

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
