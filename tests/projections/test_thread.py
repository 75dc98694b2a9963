"""The thread: R11, R12, R28, R42."""

import msgspec
import pytest
from msgspec.structs import replace

from groupchat.aggregates import delivery
from groupchat.projections import thread
from groupchat.projections.paging import PageRequest
from groupchat.projections.thread import Between, Message
from groupchat.store.database import Database
from groupchat.values.carrier_codes import meaning_of
from groupchat.values.errors import InvalidRequestError
from groupchat.values.event import Event
from tests.projections.histories import follow, items, log_of, reacted, received, sent, started, updated, withheld
from tests.support.builders import ANN, a_group, a_picture, number

ONE, TWO = number(1), number(2)
UNCLEAR = updated("msg_1", ONE, "unconfirmed", code="9902")


def message(first: Event, *after: Event) -> Message:
    row: Message | None = None
    for recorded in log_of([("cnv_1", first), *(("delivery-msg_1", event) for event in after)]):
        row = thread.fold(row, recorded)
    assert row is not None
    return row


def statuses(shown: Message) -> dict[str, str]:
    return {recipient.number: recipient.status for recipient in shown.recipients}


def test_a_sent_message_has_its_author_and_every_recipient_queued_R28():
    event = replace(sent("msg_1", ONE, TWO, body="Hi \U0001f469\u200d\U0001f692\r\n"), media=(a_picture(),))
    assert msgspec.json.decode(msgspec.json.encode(message(event))) == {
        "id": "msg_1",
        "conversation_id": "cnv_1",
        "direction": "outbound",
        "author": {"kind": "user", "id": ANN.user_id, "name": ANN.name, "number": None},
        "body": "Hi \U0001f469\u200d\U0001f692\r\n",
        "media": [
            {
                "url": "https://media.example/cat.png",
                "content_type": "image/png",
                "media_id": None,
                "size": None,
                "state": None,
                "reason": None,
            }
        ],
        "at": "2025-01-31T23:59:31Z",
        "version": 1,
        "recipients": [{"number": n, "status": "queued", "code": None, "reason": None, "parts": []} for n in (ONE, TWO)],
        "reactions": [],
    }


def test_an_inbound_message_shows_its_writers_name_of_that_time_R11():
    shown = message(received("msg_1", 2, "Bo"))
    assert (shown.direction, shown.recipients) == ("inbound", ())
    assert msgspec.to_builtins(shown.author) == {"kind": "participant", "id": TWO, "name": "Bo", "number": TWO}


def test_the_hand_over_changes_nothing_that_is_seen_R28():
    assert message(sent("msg_1"), started("msg_1", ONE, TWO)) == message(sent("msg_1"))


def test_each_recipient_has_its_own_status_R28():
    shown = message(
        sent("msg_1"),
        started("msg_1", ONE, TWO),
        updated("msg_1", ONE, "sent"),
        updated("msg_1", TWO, "failed"),
        updated("msg_1", ONE, "delivered"),
    )
    assert statuses(shown) == {ONE: "delivered", TWO: "failed"}


def test_one_report_updates_all_the_recipients_that_it_names_R28():
    sent_to_both = message(sent("msg_1"), started("msg_1", ONE, TWO), updated("msg_1", (ONE, TWO), "sent"))
    assert statuses(sent_to_both) == {ONE: "sent", TWO: "sent"}


def test_the_last_of_two_statuses_in_one_report_is_shown_R28():
    twice = replace(UNCLEAR, outcomes=UNCLEAR.outcomes + updated("msg_1", ONE, "delivered").outcomes)
    assert statuses(message(sent("msg_1"), started("msg_1", ONE, TWO), twice)) == {ONE: "delivered", TWO: "queued"}


def test_a_failed_recipient_shows_the_carriers_code_and_its_meaning_R49():
    failed = updated("msg_1", TWO, "failed", code="30006")
    shown = message(sent("msg_1"), started("msg_1", ONE, TWO), updated("msg_1", ONE, "sent"), failed)
    assert [(each.code, each.reason) for each in shown.recipients] == [(None, None), ("30006", meaning_of("30006"))]


def test_a_status_that_corrects_another_takes_its_reason_away_R28_R49():
    shown = message(sent("msg_1"), started("msg_1", ONE, TWO), UNCLEAR, updated("msg_1", ONE, "delivered"))
    assert (shown.recipients[0].status, shown.recipients[0].code, shown.recipients[0].reason) == ("delivered", None, None)


def test_the_newest_reaction_of_each_person_is_shown_until_it_is_removed_R42():
    def shown(*after):
        return [(each.number, each.emoji) for each in message(sent("msg_1"), *after).reactions]

    assert shown(reacted("msg_1", 1), reacted("msg_1", 2), reacted("msg_1", 1, "\N{FIRE}")) == [
        (TWO, "\N{THUMBS UP SIGN}"),
        (ONE, "\N{FIRE}"),
    ]
    assert shown(reacted("msg_1", 1), reacted("msg_1", 2, removed=True)) == [(ONE, "\N{THUMBS UP SIGN}")]
    assert shown(reacted("msg_1", 1), reacted("msg_1", 1, removed=True)) == []


def test_a_withheld_message_is_withheld_from_all_R16():
    assert statuses(message(sent("msg_1"), withheld("msg_1", ONE, TWO))) == {ONE: "withheld", TWO: "withheld"}


def test_a_relayed_message_lists_its_recipients_R12():
    relayed = message(received("msg_1", 1), started("msg_1", TWO), updated("msg_1", TWO, "delivered"))
    assert statuses(relayed) == {TWO: "delivered"}
    assert statuses(message(received("msg_1", 1), withheld("msg_1", TWO, price=None))) == {TWO: "withheld"}


@pytest.mark.parametrize("event", [started("msg_1", ONE), updated("msg_1", ONE, "sent"), withheld("msg_1", ONE)])
def test_a_delivery_without_its_message_shows_nothing(event: Event):
    (recorded,) = log_of([(delivery.stream("msg_1"), event)])
    assert thread.fold(None, recorded) is None


async def test_messages_come_oldest_to_newest_page_by_page_each_in_its_conversation_R28(database: Database):
    others = [("cnv_2", a_group()), ("cnv_2", sent("msg_other"))]
    story = [("cnv_1", a_group()), *others, *(("cnv_1", sent(f"msg_{n}")) for n in reversed(range(5)))]
    await follow(database, thread.VIEW, log_of(story))
    with database.read() as connection:
        first = thread.page(connection, "cnv_1", PageRequest(limit=3))
        second = thread.page(connection, "cnv_1", PageRequest(first.next_cursor, 3))
        assert thread.page(connection, "cnv_unknown").items == ()
    assert [each.id for each in items(first, Message)] == ["msg_4", "msg_3", "msg_2"]
    assert [each.id for each in items(second, Message)] == ["msg_1", "msg_0"]
    assert second.next_cursor is None


async def test_the_list_shows_the_folds_state_R33(database: Database):
    events: list[Event] = [started("msg_1", ONE, TWO), updated("msg_1", TWO, "delivered")]
    await follow(database, thread.VIEW, log_of([("cnv_1", sent("msg_1")), *(("delivery-msg_1", event) for event in events)]))
    with database.read() as connection:
        assert items(thread.page(connection, "cnv_1"), Message) == [message(sent("msg_1"), *events)]


async def test_a_cursor_that_no_page_gave_is_refused(database: Database):
    with database.read() as connection, pytest.raises(InvalidRequestError):
        thread.page(connection, "cnv_1", PageRequest("x"))


async def test_a_thread_is_read_between_two_versions_in_both_orders_R28(database: Database):
    await follow(database, thread.VIEW, log_of([("cnv_1", a_group()), *(("cnv_1", sent(f"msg_{n}")) for n in range(5))]))
    with database.read() as connection:
        between = Between(after=2, before=6)
        page = thread.page(connection, "cnv_1", PageRequest(limit=2, order="desc"), between)
        assert [each.id for each in items(page, Message)] == ["msg_3", "msg_2"]
        rest = thread.page(connection, "cnv_1", PageRequest(page.next_cursor, order="desc"), between)
        assert [each.id for each in items(rest, Message)] == ["msg_1"]
        assert thread.version_of(connection, "cnv_1", "msg_3") == 5
        assert thread.version_of(connection, "cnv_2", "msg_3") is None
