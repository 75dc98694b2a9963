import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Back } from "../Back";
import { Failure } from "../changes";
import { count } from "../words";
import { type Imported, importFile } from "./importing";

/** Import contacts from a CSV file, and say what became of its lines. */
export function Import() {
  const queries = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [handled, setHandled] = useState(0);
  const take = useMutation({
    mutationFn: (chosen: File) => importFile(chosen, setHandled),
    onSettled: () => void queries.invalidateQueries({ queryKey: ["contacts"] }),
  });
  return (
    <main className="form">
      <header className="bar">
        <Back href="/contacts" to="the contacts" />
        <h1>Import contacts</h1>
      </header>
      <p className="hint">
        Choose a CSV file with the columns “name” and “number”. It can also have “secondary numbers” (separated by
        semicolons), “external id”, “assigned to” and “dnd”. The same file can be imported again: a line whose contact
        has not changed does nothing.
      </p>
      <form
        className="inline"
        onSubmit={(event) => {
          event.preventDefault();
          if (file) take.mutate(file);
        }}
      >
        <label>
          File
          <input
            type="file"
            accept=".csv,text/csv"
            onChange={(event) => {
              setFile(event.target.files?.[0] ?? null);
              take.reset();
            }}
          />
        </label>
        <button type="submit" className="primary" disabled={!file || take.isPending}>
          Import
        </button>
        <p role="status">{take.isPending && `${count(handled, "line")} so far…`}</p>
      </form>
      <Failure error={take.error} />
      {take.data && <Result imported={take.data} />}
    </main>
  );
}

function Result({ imported: { summary, refused } }: { imported: Imported }) {
  return (
    <section className="card" aria-label="Result" role="status">
      {summary ? (
        <p>
          {summary.created} created, {summary.updated} updated, {summary.unchanged} unchanged, {summary.refused}{" "}
          refused.
        </p>
      ) : (
        <p className="error">The import was interrupted. Import the file again: what is done is not done twice.</p>
      )}
      {refused.length > 0 && (
        <ul className="plain">
          {refused.map((each) => (
            <li key={each.line} className="error">
              Line {each.line}: {each.problem}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
