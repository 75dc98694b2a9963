import { useInfiniteQuery } from "@tanstack/react-query";
import { Fragment, useState } from "react";
import { Link } from "wouter";
import type { RefusalView } from "../api";
import { readRefusals } from "../api";
import { Failure } from "../changes";
import { data } from "../http";
import { More } from "../More";
import { useUsers } from "../queries";
import { count, moment, phone } from "../words";

const WHY: Record<string, string> = {
  "conversation-blocked": "Somebody opted out",
  "contact-not-assigned": "A contact is not assigned to the user",
  "group-chat-not-permitted": "The role can't create groups",
  "not-found": "The user doesn't see it",
  "number-access-denied": "No access to the business number",
};

/** What the rules refused: to whom, when and why. */
export function Refusals() {
  const [user, setUser] = useState("");
  const users = useUsers().data ?? [];
  const names = Object.fromEntries(users.map((each) => [each.id, each.name]));
  const refusals = useInfiniteQuery({
    queryKey: ["refusals", user],
    queryFn: ({ pageParam }) => {
      const query = {
        limit: 50,
        order: "desc" as const,
        ...(pageParam && { cursor: pageParam }),
        ...(user && { user_id: user }),
      };
      return data(readRefusals({ query, throwOnError: true }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 0,
  });
  const shown = (refusals.data?.pages ?? []).flatMap((page) => page.items);
  return (
    <>
      <div className="top">
        <p className="hint">Rejected requests. Message texts are not kept.</p>
        <select aria-label="User" value={user} onChange={(event) => setUser(event.target.value)}>
          <option value="">All users</option>
          {users.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </select>
      </div>
      <Failure error={refusals.error} />
      {refusals.isSuccess && shown.length === 0 && <p className="empty">Nothing was rejected.</p>}
      <ul className="cards" aria-label="Refusals">
        {shown.map((each) => (
          <li key={each.id}>
            <strong>{WHY[each.slug] ?? each.slug.replaceAll("-", " ")}</strong> <span className="tag">{each.rule}</span>{" "}
            {each.times > 1 && <span className="tag">{count(each.times, "time")}</span>}
            <p className="hint">
              <span dir="auto">{names[each.user_id] ?? "A former user"}</span>, {moment(each.at)}
              <About refusal={each} />
            </p>
            {each.no_more_of && <p className="hint">Later rejections of this day are not listed.</p>}
          </li>
        ))}
      </ul>
      <More of={refusals} />
    </>
  );
}

/** What a refusal was about, with the ways there. */
function About({ refusal: { about } }: { refusal: RefusalView }) {
  const numbers = [...(about.business_number ? [about.business_number] : []), ...about.numbers];
  return (
    <>
      {about.conversation_id && (
        <>
          {" · "}
          <Link href={`/${about.conversation_id}`}>Conversation</Link>
        </>
      )}
      {about.contact_ids.map((each) => (
        <Fragment key={each}>
          {" · "}
          <Link href={`/contacts/${each}`}>Contact</Link>
        </Fragment>
      ))}
      {numbers.length > 0 && ` · ${numbers.map(phone).join(", ")}`}
    </>
  );
}
