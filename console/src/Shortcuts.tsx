import { useCallback, useEffect, useState } from "react";
import { Dialog } from "./Dialog";
import { keepShortcuts, readShortcuts } from "./storage";

const KEYS = [
  ["j", "Next conversation"],
  ["k", "Previous conversation"],
  ["/", "Search"],
  ["r", "Reply"],
  ["n", "New group"],
  ["u", "Mark the open conversation as unread"],
  ["?", "Show this list"],
] as const;

/** Call back with each key that is pressed outside of fields and dialogs, unless shortcuts are off. */
export function useKeys(press: (key: string) => boolean): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || takesKeys(event.target)) return;
      if ((readShortcuts() || event.key === "?") && press(event.key)) event.preventDefault();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [press]);
}

function takesKeys(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const dialog = target.closest("dialog");
  if (dialog) return dialog.open; // one that was just closed still has the focus
  return target.closest("input, textarea, select") !== null;
}

/** The list of the keys, in a dialog that `?` opens, with the switch that turns them off. */
export function Shortcuts() {
  const [isOpen, setOpen] = useState(false);
  const [on, setOn] = useState(readShortcuts);
  useKeys(
    useCallback((key: string) => {
      if (key === "?") setOpen(true);
      return key === "?";
    }, []),
  );
  return isOpen ? (
    <Dialog title="Keyboard shortcuts" onClose={() => setOpen(false)}>
      <dl className="shortcuts">
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label className="check">
        <input
          type="checkbox"
          checked={on}
          onChange={(event) => {
            setOn(event.target.checked);
            keepShortcuts(event.target.checked);
          }}
        />
        Use shortcuts in this browser
      </label>
    </Dialog>
  ) : null;
}
