/** Words and formats of the page, in US English. */

const time = new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat("en-US", { weekday: "long" });
const day = new Intl.DateTimeFormat("en-US", { weekday: "long", month: "long", day: "numeric" });
const shortDay = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric" });
const full = new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeStyle: "short" });
const toTheSecond = new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeStyle: "medium" });

const DAY_MS = 86_400_000;

export const clock = (at: string) => time.format(new Date(at));
export const moment = (at: string) => full.format(new Date(at));
export const second = (at: string) => toTheSecond.format(new Date(at));

/** Return the day of a time as a heading: Today, Yesterday, or the date. */
export function dayOf(at: string, now = new Date()): string {
  const days = Math.round((startOfDay(now) - startOfDay(new Date(at))) / DAY_MS);
  return days === 0 ? "Today" : days === 1 ? "Yesterday" : day.format(new Date(at));
}

/** Whether two times are on the same day of the reader's calendar. */
export function isSameDay(at: string, other: string): boolean {
  return startOfDay(new Date(at)) === startOfDay(new Date(other));
}

/** Return a time as lists show it: the hour today, the weekday within a week, else the date. */
export function recently(at: string, now = new Date()): string {
  const then = new Date(at);
  const days = Math.round((startOfDay(now) - startOfDay(then)) / DAY_MS);
  if (days <= 0) return time.format(then);
  return days < 7 ? weekday.format(then).slice(0, 3) : shortDay.format(then);
}

function startOfDay(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

/** Return an E.164 number as people in North America write it. */
export function phone(number: string): string {
  const found = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return found ? `(${found[1]}) ${found[2]}-${found[3]}` : number;
}

/** Return a text of the server with its numbers as people write them, and without the ids that only programs need. */
export function readable(text: string): string {
  return text
    .replace(/ \((?:usr|cnv|msg|ctc|key)_\w+\)/g, "")
    .replace(/, by the request req_\w+/g, "")
    .replace(/\(\+1(\d{3})(\d{3})(\d{4})\)/g, "($1-$2-$3)")
    .replace(/\+1\d{10}\b/g, phone);
}

/** Return a text without the numbers of rules. */
export const withoutRules = (text: string): string => text.replace(/ \(R\d+(?:, R\d+)*\)/g, "");

/** Return a sentence of an explanation for people: without ids and the numbers of rules, with times as people write them. */
export function prose(text: string): string {
  return withoutRules(readable(text))
    .replace(/: the last message before it is msg_\w+/, "")
    .replace(/^cnv_\w+ continues/, "Another group continues")
    .replace(/urn:groupchat:media:med_\w+/g, "a file")
    .replace(/(?: of)? (?:delivery-)?(?:msg|cnv)_\w+(?:\/\d+)*/g, "")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, moment);
}

/** Return an amount as people write it, exactly: "0.0250" in USD is $0.025. */
export function money(amount: string, currency: string): string {
  const format = { style: "currency", currency, minimumFractionDigits: 2, maximumFractionDigits: 10 } as const;
  return new Intl.NumberFormat("en-US", format).format(amount as Intl.StringNumericLiteral);
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

export const STATUS: Record<string, string> = {
  queued: "Queued",
  sent: "Sent",
  partial: "Arrived in part",
  delivered: "Delivered",
  failed: "Failed",
  unconfirmed: "Not confirmed by the carrier",
  withheld: "Not sent",
};

const EVENTS: Record<string, string> = {
  created: "created the group",
  message_sent: "sent a message",
  inbound_received: "wrote",
  auto_replied: "was answered automatically",
  participant_opted_out: "opted out",
  participant_opted_in: "opted in",
  opt_out_taken_back: "took back an opt-out that was a mistake",
  unblocked: "unblocked the conversation",
  contact_linked: "linked a participant to a contact",
  contact_merged: "merged a participant's contact into another one",
  contact_renamed: "renamed a participant's contact",
  contact_number_changed: "changed the number of a participant's contact",
  contact_deleted: "deleted a participant's contact",
  renamed: "renamed the conversation",
  succeeded_by: "continued in a new group",
};

/** Return what an event of a history says happened. */
export function happened(type: string): string {
  const name = type.split(".").at(-1) ?? type;
  return EVENTS[name] ?? name.replaceAll("_", " ");
}
