import type { CarrierShown } from "../api";
import { Failure } from "../changes";
import { useNumbers } from "../queries";
import { count, moment, phone } from "../words";
import { carrierName, useCarriers } from "./carriers";

const WORDS = {
  delivered: "delivered",
  sent: "sent",
  partial: "arrived in part",
  queued: "waiting",
  unconfirmed: "not confirmed",
  failed: "failed",
  withheld: "not sent",
} as const;
const STATUSES = Object.keys(WORDS) as (keyof typeof WORDS)[];

/** The carriers that this server sends through, what they take, and what became of the newest messages. */
export function Carriers() {
  const carriers = useCarriers(true);
  const numbers = useNumbers().data ?? [];
  return (
    <>
      <p className="hint">The server's operator connects carriers. Each business number sends through one of them.</p>
      <Failure error={carriers.error} />
      <ul className="cards" aria-label="Carriers">
        {(carriers.data ?? []).map((each) => (
          <li key={each.name}>
            <h2>
              {carrierName(each.name)} {each.default && <span className="tag">default</span>} <Health carrier={each} />
            </h2>
            <dl className="facts">
              <div>
                <dt>Numbers</dt>
                <dd>
                  {numbers
                    .filter((number) => (number.carrier ?? (each.default ? each.name : null)) === each.name)
                    .map((number) => number.label ?? phone(number.number))
                    .join(", ") || "none"}
                </dd>
              </div>
              <div>
                <dt>One message</dt>
                <dd>{limits(each)}</dd>
              </div>
              <div>
                <dt>Replies in a group</dt>
                <dd>
                  {each.native_group ? "reach the others through the carrier" : "are relayed to the others from here"}
                </dd>
              </div>
              <div>
                <dt>{`Newest ${count(each.recent.messages, "message")}`}</dt>
                <dd>
                  {STATUSES.filter((status) => each.recent[status] > 0)
                    .map((status) => `${each.recent[status]} ${WORDS[status]}`)
                    .join(", ") || "nothing sent yet"}
                </dd>
              </div>
              {each.recent.waiting_since && (
                <div>
                  <dt>Waiting since</dt>
                  <dd>{moment(each.recent.waiting_since)}</dd>
                </div>
              )}
            </dl>
          </li>
        ))}
      </ul>
    </>
  );
}

/** How a carrier is doing, judged by the newest messages. */
function Health({ carrier: { recent } }: { carrier: CarrierShown }) {
  if (recent.messages === 0) return null;
  if (recent.put_off > 0) return <span className="tag deleted">takes nothing at the moment</span>;
  if (recent.unconfirmed > 0) return <span className="tag updated">not all confirmed</span>;
  return recent.failed > recent.delivered + recent.sent ? (
    <span className="tag deleted">most fail</span>
  ) : (
    <span className="tag good">working</span>
  );
}

function limits(carrier: CarrierShown): string {
  const { max_participants, max_characters, max_files, max_media_bytes } = carrier;
  const said = [
    max_participants && `up to ${count(max_participants, "participant")}`,
    max_characters && `${max_characters.toLocaleString("en-US")} characters`,
    max_files && count(max_files, "file"),
    max_media_bytes &&
      `${(max_media_bytes / 1_000_000).toLocaleString("en-US", { maximumFractionDigits: 1 })} MB of files`,
  ];
  return said.filter(Boolean).join(", ") || "no limits of its own";
}
