"""The topic, key, value and headers of each event's records (docs/topics.md)."""

import msgspec
import pytest

from groupchat.aggregates.delivery_events import Withheld
from groupchat.aggregates.group_events import MessageSent
from groupchat.aggregates.sight import published
from groupchat.broker import topics
from groupchat.broker.envelope import recorded_of
from groupchat.broker.topics import NoTopicError, topic_of
from groupchat.processes.relay.records import records_of
from groupchat.projections.ledger import Entry
from groupchat.values.event import EVENT_TYPES, Event
from tests.golden.examples import EXAMPLES
from tests.support.builders import CAUSE, recorded

NOW = {event.TOPIC: event for event in EXAMPLES.values()}
LISTS = ("number_listed", "number_unlisted", "external_id_claimed", "external_id_released")
"""The ends of the names of contacts' events that are in the stream of a number, or of another system's id."""


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_type_of_event_has_a_topic(name):
    assert topic_of(name) in topics.EVENT_TOPICS


def test_an_event_of_a_new_family_is_not_lost_in_silence():
    class Opened(Event, frozen=True):
        TOPIC = "groupchat.window.opened"

    with pytest.raises(NoTopicError, match=r"groupchat\.window\.opened has no topic"):
        list(records_of(recorded(Opened())))


@pytest.mark.parametrize(
    ("name", "stream", "topic", "key"),
    [
        ("groupchat.conversation.created", "cnv_9", topics.CONVERSATIONS, "cnv_9"),
        ("groupchat.delivery.started", "delivery-msg_1", topics.CONVERSATIONS, "cnv_1"),
        ("groupchat.delivery.updated", "delivery-msg_1", topics.CONVERSATIONS, "cnv_1"),
        ("groupchat.delivery.withheld", "delivery-msg_1", topics.CONVERSATIONS, "cnv_1"),
        ("groupchat.contact.renamed", "ctc_9", topics.CONTACTS, "ctc_9"),
        ("groupchat.contact.number_listed", "phone-wsp_1-+14155550101", topics.CONTACTS, "ctc_1"),
        ("groupchat.contact.external_id_claimed", "external-wsp_1-crm-1", topics.CONTACTS, "ctc_1"),
        ("groupchat.contact.external_id_released", "external-wsp_1-crm-1", topics.CONTACTS, "ctc_1"),
        ("groupchat.contact.number_unlisted", "phone-wsp_1-+14155550101", topics.CONTACTS, "ctc_1"),
        ("groupchat.consent.opted_out", "consent-1-2", topics.CONSENTS, "consent-1-2"),
        ("groupchat.consent.group_joined", "consent-1-2", topics.CONSENTS, "consent-1-2"),
        ("groupchat.workspace.number_claimed", "number-1", topics.WORKSPACES, CAUSE.workspace_id),
        ("groupchat.workspace.created", CAUSE.workspace_id, topics.WORKSPACES, CAUSE.workspace_id),
        ("groupchat.reader.conversation_read", "reader-1-2", topics.WORKSPACES, CAUSE.workspace_id),
    ],
)
def test_the_key_keeps_related_records_in_order(name, stream, topic, key):
    record = next(records_of(recorded(NOW[name], stream=stream)))

    assert (record.topic, record.key.decode()) == (topic, key)
    assert dict(record.headers)["ce_subject"].decode() == key


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_type_of_event_has_the_key_that_the_page_on_topics_promises(name):
    event, family = NOW[name], name.split(".")[1]
    stream = event.contact_id if family == "contact" and not name.endswith(LISTS) else "stream_1"
    promised = {
        topics.CONVERSATIONS: stream if family == "conversation" else getattr(event, "conversation_id", None),
        topics.CONTACTS: getattr(event, "contact_id", None),
        topics.CONSENTS: stream,
        topics.WORKSPACES: CAUSE.workspace_id,
    }

    record = next(records_of(recorded(event, stream=stream)))

    assert record.key.decode() == promised[record.topic]


@pytest.mark.parametrize("name", sorted(NOW))
def test_a_record_is_the_event_as_it_may_leave_the_system(name):
    event = recorded(NOW[name], version=7)

    record = next(records_of(event))

    assert record.value == msgspec.json.encode(published(event.event))
    assert b"key_hash" not in record.value
    if name != "groupchat.workspace.key_issued":
        assert recorded_of(record.headers, record.value) == event


@pytest.mark.parametrize("event", [event for event in NOW.values() if isinstance(event, MessageSent | Withheld)])
def test_each_ledger_entry_is_a_record_as_the_ledger_shows_it_R24(event):
    cause = recorded(event, stream="str_1", version=3)

    _, *entries = records_of(cause)

    assert len(entries) == len(event.recipients) > 0
    for n, record in enumerate(entries, start=1):
        headers = {name: text.decode() for name, text in record.headers}
        entry = msgspec.json.decode(record.value, type=Entry)
        assert (record.topic, record.key.decode()) == (topics.LEDGER, entry.conversation_id)
        assert (entry.id, entry.recipient) == (f"str_1/3/{n}", event.recipients[n - 1])
        assert (headers["ce_id"], headers["ce_entry"], headers["ce_type"]) == (entry.id, str(n), "groupchat.ledger.entry")
