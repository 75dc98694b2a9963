import { useState } from "react";
import { keepDraft, readDraft } from "../storage";
import { count } from "../words";

const LIMIT = 1_600;
const WARN = 1_400;

type Props = { id: string; recipients: number; onSend: (body: string) => void };

export function Composer({ id, recipients, onSend }: Props) {
  const [body, setBody] = useState(() => readDraft(id));
  const length = [...body].length;
  const write = (text: string) => {
    setBody(text);
    keepDraft(id, text);
  };
  const send = () => {
    if (!body.trim() || length > LIMIT) return;
    onSend(body);
    write("");
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        id="composer"
        aria-label={`Message to ${count(recipients, "participant")}`}
        placeholder={`Message ${count(recipients, "participant")}`}
        rows={2}
        dir="auto"
        value={body}
        onChange={(event) => write(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            send();
          }
        }}
      />
      {length > WARN && (
        <span className={length > LIMIT ? "error" : "hint"}>
          {length} of {LIMIT} characters
        </span>
      )}
      <button type="submit" className="primary" disabled={!body.trim() || length > LIMIT}>
        Send
      </button>
    </form>
  );
}
