"""From an event to its records: their topics, keys and values (docs/topics.md)."""

from collections.abc import Iterator

import msgspec

from groupchat.aggregates import delivery_events, phone_book
from groupchat.aggregates.external_id import ExternalIdClaimed, ExternalIdReleased
from groupchat.aggregates.group_events import AutoReplied, MessageSent
from groupchat.aggregates.media import MediaAttached, MediaMissing
from groupchat.aggregates.review import ReviewOpened, ReviewSettled
from groupchat.aggregates.sight import published
from groupchat.broker import topics
from groupchat.broker.envelope import ENTRY_TYPE, KafkaRecord, headers_of
from groupchat.projections.ledger import line_of
from groupchat.values.event import Recorded

_encode = msgspec.json.Encoder().encode

# Events that aren't in the stream of the conversation or contact whose key they have.
_OF_CONVERSATION = (*delivery_events.EVENTS, MediaAttached, MediaMissing, ReviewOpened, ReviewSettled)
_OF_CONTACT = (phone_book.NumberListed, phone_book.NumberUnlisted, ExternalIdClaimed, ExternalIdReleased)


def key_of(recorded: Recorded, topic: str) -> str:
    """Return the key that keeps an event in order within its topic: the conversation, contact, consent or workspace."""
    event = recorded.event
    if topic == topics.WORKSPACES:
        return recorded.cause.workspace_id
    if isinstance(event, _OF_CONVERSATION):
        return event.conversation_id
    if isinstance(event, _OF_CONTACT):
        return event.contact_id
    return recorded.stream


def records_of(recorded: Recorded, public_url: str | None = None) -> Iterator[KafkaRecord]:
    """Yield an event's own record, and one for each ledger entry that it creates (R24); raises `topics.NoTopicError`.

    `public_url` is the address where readers find the schemas that the records name.
    """
    event = recorded.event
    topic = topics.topic_of(recorded.type)
    key = key_of(recorded, topic)
    headers = headers_of(recorded, key, public_url=public_url)
    yield KafkaRecord(topic=topic, key=key.encode(), value=_encode(published(event)), headers=headers)
    if isinstance(event, MessageSent | AutoReplied | delivery_events.Withheld):
        yield from _entries(recorded, public_url)


def _entries(recorded: Recorded, public_url: str | None) -> Iterator[KafkaRecord]:
    line = line_of(recorded)
    if line is None:
        return
    key = line.event.conversation_id
    for n, entry in enumerate(line.entries(), start=1):
        headers = headers_of(recorded, key, kind=ENTRY_TYPE, entry=n, public_url=public_url)
        yield KafkaRecord(topic=topics.LEDGER, key=key.encode(), value=_encode(entry), headers=headers)
