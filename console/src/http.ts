/** All calls of the API: they carry the session's token and the greatest position seen, and raise problems as errors. */
import { client } from "./api/client.gen";
import { withoutRules } from "./words";

/** A refusal or failure, as the server words it (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly slug: string,
    readonly status: number,
    readonly detail: string,
    readonly members: Record<string, unknown> = {},
  ) {
    super(detail);
  }

  /** Whether the same request may succeed later: nothing is wrong with it. */
  get passes(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500 || this.slug === "idempotency-key-in-use";
  }
}

let csrf = "";
let position = 0;
let ended: () => void = () => {};

/** Use a session's token for writes. */
export function setToken(token: string): void {
  csrf = token;
}

/** Call back when the server says that the session has ended. */
export function onSessionEnd(call: () => void): void {
  ended = call;
}

/** Say that the session has ended. */
export const sessionEnded = (): void => ended();

/** Remember a position that the page knows of: everything that is read from now on shows it. */
export function sawPosition(seen: number): void {
  position = Math.max(position, seen);
}

/** The greatest position that the page knows of. */
export const seenPosition = (): number => position;

/** Return the data of a response. */
export async function data<T>(asked: Promise<{ data: T }>): Promise<T> {
  return (await asked).data;
}

/** Return an error in words that help. */
export function explain(error: unknown): string {
  if (error instanceof Problem) return forPeople(error);
  return error instanceof Error ? error.message : "Something went wrong. Try again.";
}

/** Return a problem's detail in words for people. */
function forPeople(problem: Problem): string {
  if (problem.slug === "precondition-failed") return "Somebody changed this meanwhile. Check it, and save again.";
  return plain(problem.detail);
}

/** Return a text of the server without the numbers of rules and without calls of the API. */
export function plain(detail: string): string {
  return withoutRules(detail).replace(/ ?\b(?:GET|POST|PUT|PATCH|DELETE) \/v1\/[^.]*\./g, "");
}

client.setConfig({ baseUrl: "", credentials: "same-origin", throwOnError: true });

/** The headers of a write by a session. */
export const unsafeHeaders = (): Record<string, string> => (csrf ? { "Groupchat-CSRF": csrf } : {});

client.interceptors.request.use((request) => {
  if (request.method === "GET") {
    if (position > 0) request.headers.set("Groupchat-Min-Position", String(position));
  } else {
    for (const [name, value] of Object.entries(unsafeHeaders())) request.headers.set(name, value);
  }
  return request;
});

client.interceptors.response.use((response) => {
  sawPosition(Number(response.headers.get("Groupchat-Position") ?? 0));
  return response;
});

const without = (status: number) =>
  status >= 500 ? "The server isn't available at the moment. Try again in a minute." : `The server returned ${status}.`;

client.interceptors.error.use((error, response) => {
  if (!response) return new Problem("offline", 0, "The server can't be reached. Check your connection.");
  const body = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
  const slug = String(body.type ?? "").replace("/problems/", "");
  if (response.status === 401) ended();
  return new Problem(slug, response.status, String(body.detail ?? without(response.status)), body);
});
