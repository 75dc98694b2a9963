import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { readRefusals } from "../api";
import { Failure } from "../changes";
import { data } from "../http";
import { moment } from "../words";

export function Refusals() {
  const refusals = useQuery({
    queryKey: ["refusals"],
    queryFn: () => data(readRefusals({ query: { limit: 100, order: "desc" }, throwOnError: true })),
  });
  return (
    <>
      <p className="hint">Requests that the rules refused, with the user, the time and the reason.</p>
      <Failure error={refusals.error} />
      {refusals.data?.items.length === 0 && <p className="empty">Nothing was refused.</p>}
      <table hidden={refusals.data?.items.length === 0}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Rule</th>
            <th scope="col">What</th>
            <th scope="col" className="amount">
              Times
            </th>
          </tr>
        </thead>
        <tbody>
          {(refusals.data?.items ?? []).map((each) => (
            <tr key={each.id}>
              <td>{moment(each.at)}</td>
              <td>{each.rule}</td>
              <td>
                {each.slug}: {each.operation}{" "}
                {each.about.conversation_id && <Link href={`/${each.about.conversation_id}`}>Open</Link>}
              </td>
              <td className="amount">{each.times}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
