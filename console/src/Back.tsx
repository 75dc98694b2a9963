import { Link } from "wouter";
import { Icon } from "./Icon";

/** The arrow at the beginning of a page's header that leads to the page that it belongs to. */
export function Back({ href, to }: { href: string; to: string }) {
  return (
    <Link href={href} className="back" aria-label={`Back to ${to}`}>
      <Icon name="back" />
    </Link>
  );
}
