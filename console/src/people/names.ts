import type { Person } from "../api";

/** The names of participants that have one, by number. */
export type Names = Readonly<Record<string, string>>;

export function namesOf(people: readonly Person[]): Names {
  return Object.fromEntries(people.flatMap((each) => (each.name ? [[each.number, each.name]] : [])));
}
