"""The stored form of events; unreadable ones are never mistaken for others."""

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar

import pytest
from eventsourcing.persistence import Notification, StoredEvent
from eventsourcing.utils import register_topic

from groupchat.aggregates.group_events import MessageSent
from groupchat.store.mapper import EventMapper, UnreadableEventError
from groupchat.values.event import Event
from groupchat.values.money import Rate
from tests.store.counting import Counted, count
from tests.support.builders import ANN, CAUSE, a_picture, moment, number


class PersonMoved(Event, frozen=True, kw_only=True):
    """Somebody moved; first it was stored as a city alone, then with a time, now with a price too."""

    TOPIC: ClassVar[str] = "test.person_moved"
    class_version: ClassVar[int] = 3
    town: str
    since: datetime
    price: Decimal

    @staticmethod
    def upcast_v1_v2(state):
        state["town"] = state.pop("city").title()

    @staticmethod
    def upcast_v2_v3(state):
        state.setdefault("since", "2020-01-01T00:00:00Z")
        state["price"] = "0.0200"


register_topic(PersonMoved.TOPIC, PersonMoved)


def as_stored(data, topic=PersonMoved.TOPIC, **envelope):
    """Return an event as an older groupchat left it."""
    fields = {"at": "2025-01-01T00:00:00Z", "ws": "wsp_1", "actor": {"kind": "user", "id": "usr_1"}, "cor": "r", "cau": "r"}
    state = json.dumps(fields | envelope | {"data": data}).encode()
    return Notification(originator_id="s", originator_version=4, topic=topic, state=state, id=17)


def test_an_event_comes_back_unchanged_with_its_envelope_R31():
    event = MessageSent(
        message_id="msg_1",
        author=ANN,
        body='Grüße \u0000 "all" \U0001f469\u200d\U0001f692',
        media=(a_picture(),),
        recipients=(number(1), number(2)),
        rate=Rate(mms_segment=Decimal("0.020000"), currency="USD"),
    )
    mapper = EventMapper()

    restored = mapper.restore(mapper.store(event, "cnv_1", 3, moment(5), CAUSE), position=9)

    assert restored.event == event
    assert str(restored.event.rate.mms_segment) == "0.020000"  # exact, also in its places (R25)
    assert (restored.stream, restored.version, restored.position) == ("cnv_1", 3, 9)
    assert (restored.at, restored.cause) == (moment(5), CAUSE)
    assert restored.id == "cnv_1/3"


def test_stored_events_are_json_that_people_can_read():
    stored = EventMapper().store(Counted(by=3), "a", 1, moment(0), CAUSE)

    assert stored.topic == "test.counted"
    assert json.loads(stored.state) == {
        "at": "2025-01-31T23:59:30Z",
        "ws": "wsp_1",
        "actor": {"kind": "user", "id": "usr_ann"},
        "cor": "req_1",
        "cau": "req_1",
        "data": {"by": 3},
        "v": 1,
    }


def test_the_classs_version_is_stored_with_the_event():
    event = PersonMoved(town="Oslo", since=moment(0), price=Decimal(1))

    assert json.loads(EventMapper().store(event, "s", 1, moment(0), CAUSE).state)["v"] == 3


@pytest.mark.parametrize("envelope", [{}, {"v": 1}], ids=["before versions were stored", "version 1"])
def test_an_event_of_an_older_version_is_read_as_the_newest_R34(envelope):
    restored = EventMapper().restore(as_stored({"city": "OSLO"}, **envelope))

    assert restored.event == PersonMoved(town="Oslo", since=datetime(2020, 1, 1, tzinfo=UTC), price=Decimal("0.0200"))


def test_upcasting_begins_at_the_version_that_was_stored_R34():
    restored = EventMapper().restore(as_stored({"town": "OSLO", "since": "2024-05-01T00:00:00Z"}, v=2))

    assert restored.event == PersonMoved(town="OSLO", since=datetime(2024, 5, 1, tzinfo=UTC), price=Decimal("0.0200"))


def test_fields_that_a_newer_groupchat_added_are_left_alone():
    assert EventMapper().restore(as_stored({"by": 2, "why": "new"}, topic=Counted.TOPIC)).event == Counted(by=2)


def test_an_unknown_topic_is_unreadable_and_says_which_event_it_is():
    with pytest.raises(UnreadableEventError, match=r"s/4 \(groupchat\.not_yet\.invented\)") as caught:
        EventMapper().restore(as_stored({}, topic="groupchat.not_yet.invented"))

    assert caught.value.position == 17


@pytest.mark.parametrize("topic", ["os:system", "builtins:dict", "groupchat.store.mapper:EventMapper", ""])
def test_a_topic_that_names_anything_but_an_event_is_unreadable(topic):
    with pytest.raises(UnreadableEventError):
        EventMapper().restore(as_stored({"by": 1}, topic=topic))


GOOD = as_stored({"by": 1}, topic=Counted.TOPIC).state


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"null",
        b"[]",
        GOOD[:-3],
        GOOD.replace(b'"by": 1', b'"by": "many"'),
        GOOD.replace(b'"kind": "user"', b'"kind": "ghost"'),
        GOOD.replace(b'"ws"', b'"xs"'),
        GOOD.replace(b"2025-01-01", b"2025-13-01"),
        b"\xff" + GOOD,
        GOOD.replace(b'"data": {', b'"data": {{'),
    ],
)
def test_a_damaged_state_is_unreadable(state):
    with pytest.raises(UnreadableEventError, match="s/4"):
        EventMapper().restore(StoredEvent(originator_id="s", originator_version=4, topic=Counted.TOPIC, state=state))


def test_an_older_event_that_cannot_be_upcast_is_unreadable():
    with pytest.raises(UnreadableEventError):
        EventMapper().restore(as_stored({"street": "Main"}, v=1))


async def test_a_command_on_a_stream_that_cannot_be_read_fails_and_stores_nothing(store):
    await count(store, "a")
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE stored_events SET topic = 'groupchat.not_yet.invented'")
    store._states._cache.clear()

    with pytest.raises(UnreadableEventError):
        await count(store, "a")

    assert await count(store, "b")
    assert store.log.head() == 2


async def test_an_unreadable_stream_does_not_fail_readers_of_other_streams_at_the_same_time(store):
    await count(store, "a")
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE stored_events SET topic = 'groupchat.not_yet.invented'")
    store._states._cache.clear()

    broken, fine = await asyncio.gather(count(store, "a"), count(store, "b"), return_exceptions=True)

    assert isinstance(broken, UnreadableEventError)
    assert fine.value == 0


def test_the_librarys_own_form_of_events_is_refused_with_an_explanation():
    mapper = EventMapper()
    with pytest.raises(NotImplementedError, match=r"use EventMapper\.store and EventMapper.restore"):
        mapper.to_stored_event(PersonMoved)
    with pytest.raises(NotImplementedError, match=r"use EventMapper\.store and EventMapper.restore"):
        mapper.to_domain_event(StoredEvent("s", 1, PersonMoved.TOPIC, b"{}"))
