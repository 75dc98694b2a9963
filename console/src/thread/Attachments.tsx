import type { Attachment } from "../api";

/** The files of a message: pictures are shown small and open in full; others are links. What isn't there says why. */
export function Attachments({ files, author }: { files: Attachment[]; author: string }) {
  return files.map((each, n) => <File key={each.media_id ?? `${n} ${each.url}`} file={each} author={author} />);
}

function File({ file, author }: { file: Attachment; author: string }) {
  const name = kind(file.content_type);
  if (file.state === "pending") return <p className="file">{name} on its way…</p>;
  if (file.state === "missing") return <p className="file">{`${name} is missing. ${file.reason ?? ""}`}</p>;
  const url = file.media_id ? `/v1/media/${file.media_id}` : file.url;
  return (
    <a className="file" href={url} target="_blank" rel="noreferrer noopener">
      {file.media_id && file.content_type.startsWith("image/") ? (
        <img src={`${url}?thumbnail=true`} alt={`${name} from ${author}`} loading="lazy" />
      ) : (
        `${name} (${[file.content_type, file.size && size(file.size)].filter(Boolean).join(", ")})`
      )}
    </a>
  );
}

function kind(type: string): string {
  const [family = ""] = type.split("/");
  return { image: "Picture", audio: "Recording", video: "Video" }[family] ?? "File";
}

function size(bytes: number): string {
  return bytes < 1_048_576 ? `${Math.ceil(bytes / 1_024)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`;
}
