"""How a history, a difference and an explanation are printed: the verdict first, local times, and the ids as footnotes."""

from collections.abc import Iterable
from datetime import tzinfo

from rich.text import Text

from groupchat.audit import words
from groupchat.audit.as_of import AsOf
from groupchat.audit.compare import ChangedField
from groupchat.audit.explanation import EventRef, Explanation
from groupchat.audit.timeline import TimelineEntry
from groupchat.cli.footnotes import Footnotes
from groupchat.cli.printing import out
from groupchat.cli.shell import clean
from groupchat.proof.checkpoint import in_words
from groupchat.proof.notes import Note
from groupchat.values import moments


class AuditOutput:
    """Prints what an auditor asked for; `finish` prints the footnotes."""

    def __init__(self, zone: tzinfo, conversation_id: str) -> None:
        self._zone = zone
        self._notes = Footnotes({conversation_id: "the conversation"})
        self._out = out()

    def explanation(self, found: Explanation) -> None:
        """Print the verdict, the event that decided, and the grounds."""
        self._print((self._short(found.summary), "bold"))
        by = found.decided_by
        what, when = _named(by), moments.shown(by.at, self._zone)
        self._print(f"Decided by {what} at {when} ", (self._notes.event(by), "dim"))
        for each in found.grounds:
            when = "" if each.event is None else f"{moments.shown(each.event.at, self._zone)}  "
            says, mark = self._short(each.says), "" if each.event is None else f" {self._notes.event(each.event)}"
            self._print("- ", (when, "dim"), (says, "red" if each.wrong else ""), (mark, "dim"))
        if found.contradicts:
            self._print(("The log contains something that the rules forbid. See above.", "bold red"))

    def state(self, state: AsOf) -> None:
        """Print whether the conversation is blocked, and who takes part."""
        shown, when = state.conversation, moments.shown(state.at, self._zone)
        blocked = f"blocked by {', '.join(shown.blocked_by)}" if shown.blocked else "open"
        self._print((f"As of version {state.version} (position {state.position}, {when}): {blocked}", "bold"))
        for name, persons in (("participant", state.participants.participants), ("opted out", state.participants.opted_out)):
            for person in persons:
                tags = f" [{', '.join(person.tags)}]" if person.tags else ""
                since = f" since {moments.shown(person.opted_out_at, self._zone)}" if person.opted_out_at else ""
                self._print(clean(f"    {name}  {words.plain(person.name or '')} {person.number}{tags}{since}"))

    def timeline(self, entries: Iterable[TimelineEntry]) -> None:
        """Print what happened, what it changed and what it led to."""
        for entry in entries:
            label = "refused" if entry.refused else f"v{entry.event.version}"
            when = f"{moments.shown(entry.at, self._zone)}  {label}  "
            who, what, mark = self._short(entry.who), self._short(entry.what), f" {self._notes.event(entry.event)}"
            self._print((when, "dim"), (who, "bold"), ": ", (what, "red" if entry.refused else ""), (mark, "dim"))
            for changed in entry.changed:
                self._print(("    changed  ", "yellow"), self._short(changed.words(self._zone)))
            for each in entry.led_to:
                what, ended = self._short(each.what), moments.shown(each.events[-1].at, self._zone)
                self._print(("    led to   ", "cyan"), what, (f"  {ended} {self._notes.event(*each.events)}", "dim"))

    def differences(self, found: Iterable[ChangedField]) -> None:
        """Print what differs, a line each."""
        for each in found:
            self._print(self._short(each.words(self._zone)))

    def line(self, text: str) -> None:
        """Print a line."""
        self._print(self._short(text))

    def checkpoint(self, note: Note | None) -> None:
        """Name the first checkpoint that covers everything that is shown."""
        if note is None:
            self._print("No checkpoint covers all of this yet (docs/proof.md).")
            return
        covers = f"The first checkpoint that covers all of this is {in_words(note)}."
        self._print(clean(f"{covers} `groupchat audit verify` compares the events with it."))

    def finish(self) -> None:
        """Print the footnotes."""
        for each in self._notes.lines:
            self._print((clean(each), "dim"))

    def _short(self, text: str) -> str:
        return self._notes.short(clean(text))

    def _print(self, *parts: str | tuple[str, str]) -> None:
        self._out.print(Text.assemble(*parts))


def _named(event: EventRef) -> str:
    """Return an event in words: "event 7 of the conversation (participant opted out)"."""
    _, of, name = event.type.split(".")
    return f"event {event.version} of the {of} ({name.replace('_', ' ')})"
