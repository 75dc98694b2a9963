import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { RefusalView } from "../api";
import { readRefusals } from "../api";
import { Failure } from "../changes";
import { data } from "../http";
import { useUsers } from "../queries";
import { count, moment, phone } from "../words";
import { More } from "./More";

const WHY: Record<string, string> = {
  "conversation-blocked": "Somebody opted out",
  "contact-not-assigned": "A contact is not assigned to the user",
  "group-chat-not-permitted": "The role can't create groups",
  "not-found": "The user doesn't see it",
  "number-access-denied": "No access to the business number",
};

/** What the rules refused: to whom, when and why. */
export function Refusals() {
  const names = Object.fromEntries((useUsers().data ?? []).map((each) => [each.id, each.name]));
  const refusals = useInfiniteQuery({
    queryKey: ["refusals"],
    queryFn: ({ pageParam }) => {
      const query = { limit: 50, order: "desc" as const, ...(pageParam && { cursor: pageParam }) };
      return data(readRefusals({ query, throwOnError: true }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 0,
  });
  const shown = (refusals.data?.pages ?? []).flatMap((page) => page.items);
  return (
    <>
      <p className="hint">Requests that the rules refused. Messages' texts are not kept.</p>
      <Failure error={refusals.error} />
      {refusals.isSuccess && shown.length === 0 && <p className="empty">Nothing was refused.</p>}
      {shown.length > 0 && (
        <div className="scrolls">
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">User</th>
                <th scope="col">Why</th>
                <th scope="col">About</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((each) => (
                <tr key={each.id}>
                  <td>{moment(each.at)}</td>
                  <td dir="auto">{names[each.user_id] ?? "a former user"}</td>
                  <td>
                    {WHY[each.slug] ?? each.slug.replaceAll("-", " ")} <small>{each.rule}</small>
                    {each.times > 1 && <small> {count(each.times, "time")}</small>}
                    {each.no_more_of && <small> Later ones of this day are not listed.</small>}
                  </td>
                  <td>
                    <About refusal={each} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <More list={refusals} />
    </>
  );
}

function About({ refusal: { about } }: { refusal: RefusalView }) {
  const numbers = [...(about.business_number ? [about.business_number] : []), ...about.numbers];
  return (
    <>
      {about.conversation_id && <Link href={`/${about.conversation_id}`}>Conversation</Link>}{" "}
      {about.contact_ids.map((each) => (
        <Link key={each} href={`/contacts/${each}`}>
          Contact
        </Link>
      ))}{" "}
      {numbers.map(phone).join(", ")}
    </>
  );
}
