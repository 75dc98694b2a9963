"""Histories for readers of the topics."""

from collections.abc import Iterator

from groupchat.aggregates import consent, contact, delivery_events, phone_book, workspace_events
from groupchat.aggregates import group_events as group
from groupchat.client import Record
from groupchat.values.event import Event, Recorded
from tests.projections.histories import Story, log_of
from tests.support.builders import ANN, BUSINESS, a_contact_created, a_group, a_number_added, a_rate, a_workspace, moment, number


def a_message(n: int, *recipients: str) -> Event:
    """Return a message to the participants of `a_group`."""
    to = recipients or (number(1), number(2))
    return group.MessageSent(message_id=f"msg_{n}", author=ANN, body=f"Hello {n}", media=(), recipients=to, rate=a_rate())


def some_of_everything(groups: int = 5) -> Iterator[tuple[str, Event]]:
    """Yield events for every topic, those of the groups mixed."""
    yield "wsp_1", a_workspace()
    yield "wsp_1", a_number_added()
    yield "wsp_1", workspace_events.KeyIssued(key_id="key_1", user_id=ANN.user_id, key_hash="0" * 64)
    for n in range(groups):
        yield f"ctc_{n}", a_contact_created(n)
        yield f"phone-wsp_1-{number(1)}", phone_book.NumberListed(number=number(1), contact_id=f"ctc_{n}", contact_since=moment(n))
        yield f"cnv_{n}", a_group()
        yield (
            f"consent-{BUSINESS}-{number(1)}",
            consent.GroupJoined(business_number=BUSINESS, number=number(1), conversation_id=f"cnv_{n}"),
        )
    for m in range(3):
        for n in range(groups):
            yield f"cnv_{n}", a_message(10 * n + m)
            yield (
                f"delivery-msg_{10 * n + m}",
                delivery_events.Started(
                    message_id=f"msg_{10 * n + m}",
                    conversation_id=f"cnv_{n}",
                    business_number=BUSINESS,
                    recipients=(number(1), number(2)),
                    carrier="simulator",
                ),
            )
            yield f"ctc_{n}", contact.Renamed(contact_id=f"ctc_{n}", name=f"Name {m}")


def messages(count: int, *, groups: int = 4, first: int = 1) -> list[Recorded]:
    """Return a log of groups that write messages in turn, without their creation."""
    story: Story = [(f"cnv_{n % groups}", a_message(n)) for n in range(count)]
    return log_of(story, first=first)


def keys(records: list[Record]) -> list[tuple[str, int, int]]:
    """Return the identity of a record."""
    return [(record.stream, record.version, record.entry) for record in records]


def by_subject(records: list[Record]) -> dict[str, list[str]]:
    """Return the ids of each key's records, in their order."""
    found: dict[str, list[str]] = {}
    for record in records:
        found.setdefault(record.subject, []).append(record.id)
    return found
