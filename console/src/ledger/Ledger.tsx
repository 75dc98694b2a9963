import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { StatementShown } from "../api";
import { readLedger, readStatement } from "../api";
import { data, explain } from "../http";
import { More } from "../More";
import { namesOf } from "../people/names";
import { useConversation, usePane } from "../queries";
import { Why } from "../Why";
import { count, moment, money, phone, readable } from "../words";

/** The conversations of a statement whose names are looked up: as many as somebody looks through. */
const NAMED = 50;

export function Ledger() {
  const [month, setMonth] = useState(() => new Date().toISOString().slice(0, 7));
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
        <input
          className="end"
          type="month"
          aria-label="Month"
          value={month}
          onChange={(event) => setMonth(event.target.value)}
        />
        <a className="button" href={`/v1/ledger/statement?month=${month}&format=csv`} download>
          Download CSV
        </a>
      </header>
      {statement.isError && <p className="error">{explain(statement.error)}</p>}
      {shown && shown.totals.length === 0 && <p className="empty">Nothing was billed in this month.</p>}
      {shown && shown.totals.length > 0 && (
        <>
          <Totals totals={shown.totals} />
          <table key={month}>
            <caption>By conversation</caption>
            <thead>
              <tr>
                <th scope="col">Conversation</th>
                <th scope="col" className="wide-only">
                  Business number
                </th>
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
                <Line
                  key={`${each.conversation_id} ${each.currency}`}
                  line={each}
                  month={month}
                  isNamed={n < NAMED}
                  costs={costs}
                />
              ))}
            </tbody>
          </table>
        </>
      )}
    </main>
  );
}

/** What a month costs, in each currency. */
function Totals({ totals }: { totals: StatementShown["totals"] }) {
  return totals.map((each) => (
    <dl key={each.currency} className="totals">
      <div>
        <dt>Charged</dt>
        <dd>{money(each.amount, each.currency)}</dd>
      </div>
      <div>
        <dt>Segments</dt>
        <dd>{each.segments.toLocaleString("en-US")}</dd>
      </div>
      {each.costs_reported > 0 && each.carrier_cost && (
        <div>
          <dt>The carrier charged, for {count(each.costs_reported, "recipient")}</dt>
          <dd>{money(each.carrier_cost, each.currency)}</dd>
        </div>
      )}
    </dl>
  ));
}

type LineProps = { line: StatementShown["conversations"][number]; month: string; isNamed: boolean; costs: boolean };

/** A conversation's line of the statement, which opens to its entries. */
function Line({ line, month, isNamed, costs }: LineProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <tr>
        <td>
          <div className="split">
            {isNamed ? <Name id={line.conversation_id} /> : <Link href={`/${line.conversation_id}`}>Open</Link>}
            <button type="button" className="quiet disclose" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              Entries
            </button>
          </div>
        </td>
        <td className="wide-only number">{phone(line.business_number)}</td>
        <td className="amount">{line.segments}</td>
        <td className="amount">{money(line.amount, line.currency)}</td>
        {costs && (
          <td className="amount wide-only">
            {line.costs_reported > 0 && line.carrier_cost && money(line.carrier_cost, line.currency)}
          </td>
        )}
      </tr>
      {isOpen && (
        <tr className="inside">
          <td colSpan={costs ? 5 : 4}>
            <Entries month={month} conversation={line.conversation_id} />
          </td>
        </tr>
      )}
    </>
  );
}

function Name({ id }: { id: string }) {
  const conversation = useConversation(id);
  return (
    <Link href={`/${id}`} dir="auto">
      {conversation.data ? readable(conversation.data.display_name) : "Open"}
    </Link>
  );
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
  const pane = usePane(conversation).data;
  const names = namesOf(pane ? [...pane.participants, ...pane.opted_out] : []);
  const shown = (entries.data?.pages ?? []).flatMap((page) => page.items);
  const costs = shown.some((each) => each.carrier_cost);
  if (entries.isPending) return <p className="hint">Loading…</p>;
  if (entries.isError) return <p className="error">{explain(entries.error)}</p>;
  return (
    <>
      <table>
        <thead>
          <tr>
            <th scope="col">Recipient</th>
            <th scope="col">Time</th>
            <th scope="col" className="amount">
              Amount
            </th>
            {costs && (
              <th scope="col" className="amount wide-only">
                Carrier
              </th>
            )}
            <th scope="col" className="wide-only">
              Event
            </th>
            <th scope="col">
              <span className="hidden">Reason</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((each) => (
            <tr key={each.id}>
              <td dir="auto">{names[each.recipient] ?? phone(each.recipient)}</td>
              <td>{moment(each.at)}</td>
              <td className="amount">{money(each.amount, each.currency)}</td>
              {costs && (
                <td className="amount wide-only">
                  {each.carrier_cost && money(each.carrier_cost.amount, each.carrier_cost.currency)}
                </td>
              )}
              <td className="wide-only">
                {each.event.stream === each.conversation_id ? (
                  <Link href={`/${each.conversation_id}/history/${each.event.version}`}>
                    Version {each.event.version}
                  </Link>
                ) : (
                  "A credit of its delivery"
                )}
              </td>
              <td>
                <Why about={{ kind: "entry", id: each.id }} label="Why was this charged?" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <More of={entries} />
    </>
  );
}
