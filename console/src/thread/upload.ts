/** Files that are attached to a message before it is sent: each is uploaded at once, and the message then names its id. */
import type { UploadedFile } from "../api";
import { plain, sawPosition, unsafeHeaders } from "../http";

/** As much as the server takes. */
const MOST_BYTES = 25 * 1_048_576;

/** Upload a file; `onProgress` gets the part that is done, from 0 to 1. Errors are in words for people. */
export function upload(file: File, onProgress: (done: number) => void, stop: AbortSignal): Promise<UploadedFile> {
  return new Promise((resolve, reject) => {
    const fail = (words: string) => reject(new Error(words));
    if (file.size > MOST_BYTES) return fail("The file is larger than 25 MB.");
    // Unlike `fetch`, this says how far it is.
    const request = new XMLHttpRequest();
    request.open("POST", "/v1/media");
    request.responseType = "json";
    for (const [name, value] of Object.entries(unsafeHeaders())) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => onProgress(event.loaded / event.total);
    request.onerror = () => fail("The server can't be reached. Check your connection.");
    request.onload = () => {
      sawPosition(Number(request.getResponseHeader("Groupchat-Position") ?? 0));
      if (request.status === 201) resolve(request.response as UploadedFile);
      else fail(request.response?.detail ? plain(request.response.detail) : `The server returned ${request.status}.`);
    };
    stop.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
