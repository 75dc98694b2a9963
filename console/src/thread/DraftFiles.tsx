import { Icon } from "../Icon";
import type { useAttaching } from "./attaching";

/** The files of a draft: those that are uploaded, those on their way, and those that failed, each with its reason. */
export function DraftFiles({ files }: { files: ReturnType<typeof useAttaching> }) {
  if (files.attached.length + files.uploading.length === 0) return null;
  return (
    <ul className="draft-files" aria-label="Attached files">
      {files.attached.map((each) => (
        <li key={each.media_id}>
          {each.content_type.startsWith("image/") && <img src={`/v1/media/${each.media_id}?thumbnail=true`} alt="" />}
          <span dir="auto">{each.name}</span>
          <Remove name={each.name} onRemove={() => files.remove(each.media_id)} />
        </li>
      ))}
      {files.uploading.map((each) => (
        <li key={each.key} className={each.failed ? "failed" : undefined}>
          <span dir="auto">{each.file.name}</span>
          {each.failed ? (
            <>
              <span className="error" role="alert">
                {each.failed}
              </span>
              <button type="button" className="quiet" onClick={() => files.again(each)}>
                Try again
              </button>
            </>
          ) : (
            <progress value={each.done} aria-label={`Upload of ${each.file.name}`} />
          )}
          <Remove name={each.file.name} onRemove={() => files.forget(each.key)} />
        </li>
      ))}
    </ul>
  );
}

function Remove({ name, onRemove }: { name: string; onRemove: () => void }) {
  return (
    <button type="button" className="quiet faint" aria-label={`Remove ${name}`} onClick={onRemove}>
      <Icon name="close" />
    </button>
  );
}
