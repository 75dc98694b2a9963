import { useQuery } from "@tanstack/react-query";
import { readCheckpoint } from "../api";
import { Failure } from "../changes";
import { data, Problem } from "../http";

/** The newest checkpoint of the log, with which an auditor finds any later change of history (R70). */
export function Proof() {
  const checkpoint = useQuery({
    queryKey: ["checkpoint"],
    queryFn: () => data(readCheckpoint({ throwOnError: true })),
    staleTime: 0,
  });
  const isMissing = checkpoint.error instanceof Problem && checkpoint.error.status === 404;
  const one = checkpoint.data;
  return (
    <>
      <p className="hint">
        A checkpoint is signed proof of all events up to now. If you keep one where nobody else can change it, you can
        find out later whether anything was changed, removed or added before it.
      </p>
      {isMissing ? (
        <p className="empty">No checkpoints yet. The server&apos;s operator turns them on by setting a key.</p>
      ) : (
        <Failure error={checkpoint.error} />
      )}
      {one && (
        <section className="card" aria-label="Newest checkpoint">
          <dl className="facts">
            <div>
              <dt>Log</dt>
              <dd>{one.origin}</dd>
            </div>
            <div>
              <dt>Events</dt>
              <dd>{one.size.toLocaleString("en-US")}</dd>
            </div>
            <div>
              <dt>Root</dt>
              <dd>
                <code>{one.root}</code>
              </dd>
            </div>
          </dl>
          <div className="actions">
            <a className="button primary" href="/audit/checkpoint" download="groupchat.checkpoint">
              Download
            </a>
          </div>
        </section>
      )}
    </>
  );
}
