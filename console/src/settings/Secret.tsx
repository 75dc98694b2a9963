import { useState } from "react";
import { Dialog } from "../Dialog";

type Props = { title: string; secret: string | null; again: string; onClose: () => void };

/** A key or secret, in the only moment in which it can be seen. `again` says what to do if the response with it was lost. */
export function Secret({ title, secret, again, onClose }: Props) {
  const [copied, setCopied] = useState(false);
  return (
    <Dialog title={title} onClose={onClose}>
      {secret ? (
        <>
          <p>Copy it now and keep it safe. It can't be shown again.</p>
          <p className="secret">
            <code>{secret}</code>
          </p>
        </>
      ) : (
        <p role="alert">The response that showed it was lost, and it can't be shown again. {again}</p>
      )}
      <div className="actions">
        {secret && navigator.clipboard && (
          <button
            type="button"
            className="primary"
            onClick={() => void navigator.clipboard.writeText(secret).then(() => setCopied(true))}
          >
            {copied ? "Copied" : "Copy"}
          </button>
        )}
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
