import type { Attachment } from "../api";
import { Icon } from "../Icon";

/** The files of a message: pictures are shown small and open in full; others are links. What isn't there says why. */
export function Attachments({ files, author }: { files: Attachment[]; author: string }) {
  return (
    <ul className="files" aria-label="Files">
      {files.map((each, n) => (
        <li key={each.media_id ?? `${n} ${each.url}`}>
          <File file={each} author={author} />
        </li>
      ))}
    </ul>
  );
}

function File({ file, author }: { file: Attachment; author: string }) {
  const name = kind(file.content_type);
  if (file.state === "pending") return <p className="file">{name} on its way…</p>;
  if (file.state === "missing") return <p className="file">{`${name} is missing. ${file.reason ?? ""}`}</p>;
  const url = file.media_id ? `/v1/media/${file.media_id}` : file.url;
  return file.media_id && file.content_type.startsWith("image/") ? (
    <a className="picture" href={url} target="_blank" rel="noreferrer noopener">
      <img src={`${url}?thumbnail=true`} alt={`${name} from ${author}`} loading="lazy" />
    </a>
  ) : (
    <a className="file" href={url} target="_blank" rel="noreferrer noopener">
      <Icon name="file" /> {[name, file.size && size(file.size)].filter(Boolean).join(", ")}
    </a>
  );
}

const FAMILIES: Record<string, string> = { image: "Picture", audio: "Recording", video: "Video" };
const TYPES: Record<string, string> = { "application/pdf": "PDF document", "text/vcard": "Contact card" };

function kind(type: string): string {
  return TYPES[type] ?? FAMILIES[type.split("/")[0] ?? ""] ?? "File";
}

function size(bytes: number): string {
  return bytes < 1_048_576 ? `${Math.ceil(bytes / 1_024)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`;
}
