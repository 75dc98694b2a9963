const HUES = 6;

/** The initials of a person or a group, or a number's last digits, in a color that stays the same. Decoration: the name is always next to it. */
export function Avatar({ name, of }: { name: string; of: string }) {
  const letters = name.match(/\p{L}+/gu) ?? [];
  const initials = [...new Set([letters[0], letters.at(-1)])].map((each) => [...(each ?? "")][0] ?? "").join("");
  let sum = 0;
  for (const each of of) sum = (sum * 31 + (each.codePointAt(0) ?? 0)) % 997;
  return (
    <span className={`avatar hue-${sum % HUES}`} aria-hidden="true">
      {initials.toUpperCase() || (name || of).slice(-2)}
    </span>
  );
}
