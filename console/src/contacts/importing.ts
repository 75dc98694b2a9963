/** Importing a file of contacts: the server responds with one line of JSON for each line of the file, as soon as it is handled. */
import type { LineResult } from "../api";
import { importContacts } from "../api";
import { data } from "../http";

/** The last line of the response. */
type ImportSummary = { done: true; created: number; updated: number; unchanged: number; refused: number };

/** The refused lines that are kept: as many as somebody reads. */
const REFUSED = 200;

/** What became of a file. There is no summary if the response was cut off. */
export type Imported = { summary: ImportSummary | null; refused: LineResult[] };

/** Import a file; `onLine` gets the number of lines that are handled so far. */
export async function importFile(file: File, onLine: (handled: number) => void): Promise<Imported> {
  const stream = (await data(
    importContacts({
      body: file,
      bodySerializer: null,
      headers: { "Content-Type": "text/csv" } as Record<string, string>,
      parseAs: "stream",
      throwOnError: true,
    }),
  )) as unknown as ReadableStream<BufferSource>;
  const imported: Imported = { summary: null, refused: [] };
  let handled = 0;
  for await (const line of lines(stream)) {
    const result = JSON.parse(line) as LineResult | ImportSummary;
    if ("done" in result) imported.summary = result;
    else {
      handled += 1;
      if (result.outcome === "refused" && imported.refused.length < REFUSED) imported.refused.push(result);
      onLine(handled);
    }
  }
  return imported;
}

async function* lines(stream: ReadableStream<BufferSource>): AsyncGenerator<string> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
