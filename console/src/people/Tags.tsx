import type { Person } from "../api";

const WORDS = { updated: "Updated", deleted: "Deleted" } as const;

/** What has changed about a participant's contact since the group was created (R9). */
export function Tags({ person }: { person: Person }) {
  return person.tags.map((tag) => (
    <span key={tag} className={`tag ${tag}`}>
      {WORDS[tag]}
    </span>
  ));
}
