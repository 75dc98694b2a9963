import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { Explanation } from "./api";
import { explainBlock, explainEntry, explainMessage, explainParticipant } from "./api";
import { Dialog } from "./Dialog";
import { data, explain } from "./http";
import { readable, second } from "./words";

type About =
  | { kind: "message"; id: string }
  | { kind: "entry"; id: string }
  | { kind: "conversation"; id: string }
  | { kind: "participant"; id: string; number: string };

function ask(about: About): Promise<Explanation> {
  switch (about.kind) {
    case "message":
      return data(explainMessage({ path: { message_id: about.id }, throwOnError: true }));
    case "entry":
      return data(explainEntry({ path: { entry_id: about.id }, throwOnError: true }));
    case "conversation":
      return data(explainBlock({ path: { conversation_id: about.id }, throwOnError: true }));
    case "participant":
      return data(
        explainParticipant({ path: { conversation_id: about.id, number: about.number }, throwOnError: true }),
      );
  }
}

/** A button that opens the explanation of a message, a charge, a blocked group or an opt-out, with the events that prove it. */
export function Why({ about, label }: { about: About; label: string }) {
  const [isOpen, setOpen] = useState(false);
  const answer = useQuery({ queryKey: ["why", about], queryFn: () => ask(about), enabled: isOpen, staleTime: 0 });
  return (
    <>
      <button type="button" className="quiet why" aria-label={label} onClick={() => setOpen(true)}>
        Why?
      </button>
      {isOpen && (
        <Dialog title={label} onClose={() => setOpen(false)}>
          {answer.isPending && <p>Reading the events…</p>}
          {answer.isError && <p className="error">{explain(answer.error)}</p>}
          {answer.data && <Grounds explanation={answer.data} />}
        </Dialog>
      )}
    </>
  );
}

function Grounds({ explanation }: { explanation: Explanation }) {
  return (
    <>
      <p className="verdict">{readable(explanation.summary)}</p>
      <ul className="grounds">
        {explanation.grounds.map((each) => (
          <li key={each.says} className={each.wrong ? "error" : undefined}>
            {readable(each.says)}
            {each.event && (
              <small>
                Event {each.event.version} of {each.event.stream}, {second(each.event.at)}
              </small>
            )}
          </li>
        ))}
      </ul>
      <Link href={`/${explanation.conversation_id}/history`} className="button">
        History of the conversation
      </Link>
    </>
  );
}
