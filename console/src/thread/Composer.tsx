import { useRef, useState } from "react";
import { Icon } from "../Icon";
import { type Attached, CREATED, keepDraft, readDraft } from "../storage";
import { count } from "../words";
import { useAttaching } from "./attaching";
import { DraftFiles } from "./DraftFiles";

const LIMIT = 1_600;
const WARN = 1_400;
/** The files that a message can have. */
const FILES = 10;

type Props = { id: string; recipients: number; onSend: (body: string, files: Attached[]) => void };

export function Composer({ id, recipients, onSend }: Props) {
  const [body, setBody] = useState(() => readDraft(id));
  const files = useAttaching(id);
  const picker = useRef<HTMLInputElement>(null);
  const length = [...body].length;
  const many = files.attached.length + files.uploading.length;
  const isReady =
    (body.trim() !== "" || files.attached.length > 0) &&
    files.uploading.length === 0 &&
    length <= LIMIT &&
    many <= FILES;
  const write = (text: string) => {
    setBody(text);
    keepDraft(id, text);
  };
  const send = () => {
    if (!isReady) return;
    onSend(body, files.attached);
    write("");
    files.clear();
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        files.add(event.dataTransfer.files);
      }}
    >
      <div className="box">
        <DraftFiles files={files} />
        <button
          type="button"
          className="quiet faint attach"
          aria-label="Attach files"
          onClick={() => picker.current?.click()}
        >
          <Icon name="attach" />
        </button>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label="Files"
          onChange={(event) => {
            files.add(event.target.files ?? []);
            event.target.value = "";
          }}
        />
        <textarea
          ref={focusOnce}
          id="composer"
          aria-label={`Message to ${count(recipients, "participant")}`}
          placeholder={`Message ${count(recipients, "participant")}`}
          rows={1}
          dir="auto"
          enterKeyHint="send"
          value={body}
          onChange={(event) => write(event.target.value)}
          onPaste={(event) => {
            if (event.clipboardData.files.length === 0) return;
            event.preventDefault();
            files.add(event.clipboardData.files);
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur();
            if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
              event.preventDefault();
              send();
            }
          }}
        />
        <button type="submit" className="primary" disabled={!isReady}>
          Send
        </button>
      </div>
      {length > WARN && (
        <p className={length > LIMIT ? "error" : "hint"}>
          {length.toLocaleString("en-US")} of {LIMIT.toLocaleString("en-US")} characters
        </p>
      )}
      {many > FILES && <p className="error">A message can have {FILES} files.</p>}
    </form>
  );
}

/** Put the cursor into the field, if the conversation was just created: once, not again when somebody goes back to it. */
function focusOnce(field: HTMLTextAreaElement | null): void {
  if (!field || history.state !== CREATED) return;
  history.replaceState(null, "", location.href);
  field.focus();
}
