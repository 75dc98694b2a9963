import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { EventRef, Explanation } from "./api";
import { explainBlock, explainEntry, explainMessage, explainParticipant } from "./api";
import { Dialog } from "./Dialog";
import { data, explain } from "./http";
import { prose, second } from "./words";

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
          {answer.data && <Grounds explanation={answer.data} onFollow={() => setOpen(false)} />}
        </Dialog>
      )}
    </>
  );
}

type ProofProps = { event: EventRef; conversation: string; onFollow: () => void };

/** The event that proves a sentence, with the way to it. */
function Proof({ event, conversation, onFollow }: ProofProps) {
  const isHere = event.stream === conversation;
  const where = isHere ? "the conversation" : event.stream.startsWith("wsp_") ? "the workspace" : "the delivery";
  const name = `Event ${event.version} of ${where}`;
  return (
    <small title={`${event.type}, position ${event.position} of the log`}>
      {isHere ? (
        <Link href={`/${conversation}/history/${event.version}`} onClick={onFollow}>
          {name}
        </Link>
      ) : (
        name
      )}
      , {second(event.at)}
    </small>
  );
}

function Grounds({ explanation, onFollow }: { explanation: Explanation; onFollow: () => void }) {
  return (
    <>
      <p className="verdict">{prose(explanation.summary)}</p>
      <ol className="grounds">
        {explanation.grounds.map((each) => (
          <li key={each.says} className={each.wrong ? "error" : undefined}>
            {prose(each.says)}
            {each.event && <Proof event={each.event} conversation={explanation.conversation_id} onFollow={onFollow} />}
          </li>
        ))}
      </ol>
      <Link href={`/${explanation.conversation_id}/history`} className="button" onClick={onFollow}>
        History of the conversation
      </Link>
    </>
  );
}
