import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { StatementShown } from "../api";
import { readLedger, readStatement } from "../api";
import { data, explain } from "../http";
import { useConversation } from "../queries";
import { Why } from "../Why";
import { count, moment, phone, readable } from "../words";

/** The conversations of a statement whose names are looked up: as many as somebody looks through. */
const NAMED = 50;

export function Ledger() {
  const [month, setMonth] = useState(() => new Date().toISOString().slice(0, 7));
  const [conversation, setConversation] = useState<string | null>(null);
  const statement = useQuery({
    queryKey: ["ledger", "statement", month],
    queryFn: () => data(readStatement({ query: { month }, throwOnError: true })) as Promise<StatementShown>,
    enabled: /^\d{4}-\d\d$/.test(month),
  });
  const shown = statement.data;
  const costs = shown?.totals.some((each) => each.costs_reported > 0) ?? false;
  return (
    <main className="form wide">
      <header className="bar">
        <h1>Ledger</h1>
        <label>
          Month
          <input type="month" value={month} onChange={(event) => setMonth(event.target.value)} />
        </label>
        <a className="button end" href={`/v1/ledger/statement?month=${month}&format=csv`} download>
          Download CSV
        </a>
      </header>
      {statement.isError && <p className="error">{explain(statement.error)}</p>}
      {shown && shown.totals.length === 0 && <p className="empty">Nothing was billed in this month.</p>}
      {shown && shown.totals.length > 0 && (
        <>
          <p className="total">
            {shown.totals.map((each) => (
              <strong key={each.currency}>
                {each.amount} {each.currency} for {count(each.segments, "segment")}
                {each.costs_reported > 0 &&
                  `; the carrier charged ${each.carrier_cost} ${each.currency} for ${count(each.costs_reported, "recipient")}`}
              </strong>
            ))}
          </p>
          <table>
            <caption>By conversation</caption>
            <thead>
              <tr>
                <th scope="col" className="wide-only">
                  Business number
                </th>
                <th scope="col">Conversation</th>
                <th scope="col" className="amount">
                  Segments
                </th>
                <th scope="col" className="amount">
                  Amount
                </th>
                {costs && (
                  <th scope="col" className="amount wide-only">
                    Carrier
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {shown.conversations.map((each, n) => (
                <tr key={`${each.conversation_id} ${each.currency}`}>
                  <td className="wide-only">{phone(each.business_number)}</td>
                  <td>
                    {n < NAMED ? (
                      <Name id={each.conversation_id} />
                    ) : (
                      <Link href={`/${each.conversation_id}`}>Open</Link>
                    )}{" "}
                    <button type="button" className="quiet" onClick={() => setConversation(each.conversation_id)}>
                      Entries
                    </button>
                  </td>
                  <td className="amount">{each.segments}</td>
                  <td className="amount">
                    {each.amount} {each.currency}
                  </td>
                  {costs && (
                    <td className="amount wide-only">
                      {each.costs_reported > 0 && `${each.carrier_cost} ${each.currency}`}
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      {conversation && <Entries month={month} conversation={conversation} />}
    </main>
  );
}

function Name({ id }: { id: string }) {
  const conversation = useConversation(id);
  return <Link href={`/${id}`}>{conversation.data ? readable(conversation.data.display_name) : "Open"}</Link>;
}

function Entries({ month, conversation }: { month: string; conversation: string }) {
  const [year = 0, n = 1] = month.split("-").map(Number);
  const to = new Date(Date.UTC(year, n, 1)).toISOString().slice(0, 10);
  const entries = useInfiniteQuery({
    queryKey: ["ledger", "entries", month, conversation],
    queryFn: ({ pageParam }) => {
      const query = { from: `${month}-01`, to, conversation_id: conversation, ...(pageParam && { cursor: pageParam }) };
      return data(readLedger({ query, throwOnError: true }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
  const shown = (entries.data?.pages ?? []).flatMap((page) => page.items);
  const costs = shown.some((each) => each.carrier_cost);
  return (
    <section>
      {entries.isError && <p className="error">{explain(entries.error)}</p>}
      <table>
        <caption>Entries. Each one comes from an event of the conversation's history.</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Recipient</th>
            <th scope="col" className="amount wide-only">
              Segments
            </th>
            <th scope="col" className="amount">
              Amount
            </th>
            {costs && (
              <th scope="col" className="amount wide-only">
                Carrier
              </th>
            )}
            <th scope="col">Event</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((each) => (
            <tr key={each.id}>
              <td>{moment(each.at)}</td>
              <td>{phone(each.recipient)}</td>
              <td className="amount wide-only">{each.segments}</td>
              <td className="amount">
                {each.amount} {each.currency}
              </td>
              {costs && (
                <td className="amount wide-only">
                  {each.carrier_cost && `${each.carrier_cost.amount} ${each.carrier_cost.currency}`}
                </td>
              )}
              <td>
                <Link href={`/${each.conversation_id}/history`}>
                  {each.event.stream === each.conversation_id
                    ? `Version ${each.event.version}`
                    : "A credit of its delivery"}
                </Link>{" "}
                <Why about={{ kind: "entry", id: each.id }} label="Why was this charged?" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {entries.hasNextPage && (
        <button type="button" onClick={() => void entries.fetchNextPage()}>
          Show more
        </button>
      )}
    </section>
  );
}
