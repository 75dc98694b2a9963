import { type ReactNode, useState } from "react";
import type { NumberShown, User } from "../api";
import { giveUpNumber } from "../api";
import { Confirm } from "../Confirm";
import { Failure, useChange } from "../changes";
import { useFormerNumbers, useNumbers, useUsers } from "../queries";
import { audits, manages } from "../rights";
import { phone } from "../words";
import { carrierName, useCarriers } from "./carriers";
import { NumberForm } from "./NumberForm";

type Shown = { what: "add"; again?: string } | { what: "change" | "give up"; number: NumberShown };

export function Numbers({ me }: { me: User }) {
  const numbers = useNumbers();
  const former = useFormerNumbers(me).data ?? [];
  const carriers = useCarriers(audits(me)).data ?? [];
  const users = useUsers().data ?? [];
  const [shown, setShown] = useState<Shown | null>(null);
  const close = () => setShown(null);
  const standard = carriers.find((each) => each.default)?.name;
  const uses = (each: NumberShown) => each.carrier ?? standard;
  return (
    <>
      <div className="top">
        <p className="hint">
          {manages(me)
            ? "Groups are created, and messages sent, from these numbers."
            : "These are the numbers that you can send from."}
        </p>
        {manages(me) && (
          <button type="button" className="primary" onClick={() => setShown({ what: "add" })}>
            Add a number
          </button>
        )}
      </div>
      <Failure error={numbers.error} />
      {numbers.data?.length === 0 && <p className="empty">There is no number yet.</p>}
      <ul className="cards" aria-label="Business numbers">
        {(numbers.data ?? []).map((each) => (
          <li key={each.number} className="row">
            <div className="what">
              <strong dir="auto">{each.label ?? phone(each.number)}</strong>{" "}
              {each.default && <span className="tag">default</span>}
              <p className="hint">
                {[each.label && phone(each.number), uses(each) && carrierName(uses(each) ?? ""), whose(each, users)]
                  .filter(Boolean)
                  .join(" · ")}
              </p>
            </div>
            {manages(me) && (
              <div className="actions">
                <button
                  type="button"
                  aria-label={`Change ${each.label ?? phone(each.number)}`}
                  onClick={() => setShown({ what: "change", number: each })}
                >
                  Change
                </button>
                <button
                  type="button"
                  className="danger"
                  aria-label={`Give up ${each.label ?? phone(each.number)}`}
                  onClick={() => setShown({ what: "give up", number: each })}
                >
                  Give up
                </button>
              </div>
            )}
          </li>
        ))}
      </ul>
      <Former
        numbers={former}
        action={(each) =>
          manages(me) && (
            <button
              type="button"
              aria-label={`Add ${phone(each.number)} again`}
              onClick={() => setShown({ what: "add", again: each.number })}
            >
              Add again
            </button>
          )
        }
      />
      {shown?.what === "add" && <NumberForm number={null} again={shown.again} onClose={close} />}
      {shown?.what === "change" && <NumberForm number={shown.number} onClose={close} />}
      {shown?.what === "give up" && <GiveUp number={shown.number} onClose={close} />}
    </>
  );
}

type FormerProps = { numbers: NumberShown[]; action: (number: NumberShown) => ReactNode };

/** The numbers that were given up (R56). */
function Former({ numbers, action }: FormerProps) {
  if (numbers.length === 0) return null;
  return (
    <section>
      <h2>Given up</h2>
      <p className="hint">Nothing is sent from these numbers. Their conversations stay readable.</p>
      <ul className="cards" aria-label="Numbers that were given up">
        {numbers.map((each) => (
          <li key={each.number} className="row">
            <strong className="what">{phone(each.number)}</strong>
            <div className="actions">{action(each)}</div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Say who may send from a number (R21). */
function whose(number: NumberShown, users: User[]): string {
  if (number.default || !number.assigned_to) return "everybody sends from it";
  const user = users.find((each) => each.id === number.assigned_to);
  return `only ${user?.name ?? "one user"} sends from it, and those who manage`;
}

function GiveUp({ number, onClose }: { number: NumberShown; onClose: () => void }) {
  const name = number.label ? `${number.label}, ${phone(number.number)}` : phone(number.number);
  const giveUp = useChange(
    () => giveUpNumber({ path: { number: number.number }, throwOnError: true }),
    ["numbers", "conversation", "inbox"],
    onClose,
  );
  return (
    <Confirm
      title={`Give up ${name}?`}
      action="Give up the number"
      change={giveUp}
      onConfirm={() => giveUp.mutate(undefined)}
      onClose={onClose}
    >
      <p>
        Nothing more is sent from it. Its conversations stay readable, and what people write to it is still recorded.
        You can add it again later; no other workspace can.
      </p>
    </Confirm>
  );
}
