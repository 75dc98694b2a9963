import { useInfiniteQuery } from "@tanstack/react-query";
import type { Attempt } from "../api";
import { listWebhookAttempts } from "../api";
import { Failure } from "../changes";
import { data } from "../http";
import { More } from "../More";
import { second } from "../words";
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
      <ol className="cards" aria-label="Attempts">
        {shown.map((each) => (
          <li key={`${each.message_id} ${each.number} ${each.at}`} className="row">
            <div className="what">
              <strong>{each.type.replace("groupchat.", "")}</strong> <Result attempt={each} />
              <p className="hint">
                {second(each.at)} · position {each.position}
                {!each.delivered &&
                  ` · attempt ${each.number}, ${each.next_at ? `again ${second(each.next_at)}` : "set aside"}`}
              </p>
            </div>
            {onReplay && (
              <div className="actions">
                <button
                  type="button"
                  className="quiet"
                  aria-label={`Replay from position ${each.position}`}
                  onClick={() => onReplay(each.position)}
                >
                  Replay from here
                </button>
              </div>
            )}
          </li>
        ))}
      </ol>
      <More of={attempts} />
    </section>
  );
}

function Result({ attempt }: { attempt: Attempt }) {
  const said = attempt.status ? `status ${attempt.status}` : (attempt.error ?? "no response");
  return attempt.delivered ? (
    <span className="tag good">Delivered, {said}</span>
  ) : (
    <span className="tag deleted">{said}</span>
  );
}
