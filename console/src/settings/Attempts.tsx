import { useInfiniteQuery } from "@tanstack/react-query";
import type { Attempt } from "../api";
import { listWebhookAttempts } from "../api";
import { Failure } from "../changes";
import { data } from "../http";
import { second } from "../words";
import { More } from "./More";
import { LOOK_MS } from "./WebhookState";

type Props = { id: string; onReplay: ((position: number) => void) | undefined };

/** The attempts to send to a webhook, newest first. */
export function Attempts({ id, onReplay }: Props) {
  const attempts = useInfiniteQuery({
    queryKey: ["webhooks", id, "attempts"],
    queryFn: ({ pageParam }) =>
      data(
        listWebhookAttempts({
          path: { webhook_id: id },
          query: { limit: 50, ...(pageParam && { cursor: pageParam }) },
          throwOnError: true,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: LOOK_MS,
  });
  const shown = (attempts.data?.pages ?? []).flatMap((page) => page.items);
  return (
    <section aria-label="Attempts">
      <h2>Attempts</h2>
      <Failure error={attempts.error} />
      {attempts.isSuccess && shown.length === 0 && <p className="empty">Nothing was sent yet.</p>}
      {shown.length > 0 && (
        <div className="scrolls">
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Event</th>
                <th scope="col">Result</th>
                {onReplay && (
                  <th scope="col">
                    <span className="hidden">Replay</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {shown.map((each) => (
                <tr key={`${each.message_id} ${each.number} ${each.at}`}>
                  <td>{second(each.at)}</td>
                  <td>
                    {each.type.replace("groupchat.", "")} <small>position {each.position}</small>
                  </td>
                  <td>
                    <Result attempt={each} />
                  </td>
                  {onReplay && (
                    <td>
                      <button
                        type="button"
                        className="quiet"
                        aria-label={`Replay from position ${each.position}`}
                        onClick={() => onReplay(each.position)}
                      >
                        Replay from here
                      </button>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <More list={attempts} />
    </section>
  );
}

function Result({ attempt }: { attempt: Attempt }) {
  const said = attempt.status ? `status ${attempt.status}` : (attempt.error ?? "no response");
  if (attempt.delivered) return <span className="tag good">Delivered, {said}</span>;
  return (
    <>
      <span className="tag deleted">{said}</span>{" "}
      <small>
        {attempt.next_at
          ? `attempt ${attempt.number}, again ${second(attempt.next_at)}`
          : `set aside after attempt ${attempt.number}`}
      </small>
    </>
  );
}
