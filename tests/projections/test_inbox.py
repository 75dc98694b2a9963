"""The inbox: R13, R15, R27, R30."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from groupchat.aggregates.group_events import (
    GroupRenamed,
    ParticipantContactLinked,
    ParticipantContactRenamed,
    SucceededBy,
    Unblocked,
)
from groupchat.projections import inbox, inbox_list, read_marks
from groupchat.projections.inbox import Conversation, InboxRow
from groupchat.projections.paging import PageRequest
from groupchat.projections.read_marks import Mark
from groupchat.store.database import Database
from groupchat.values.errors import InvalidRequestError
from groupchat.values.event import Event, Recorded
from tests.projections.histories import (
    Story,
    follow,
    items,
    log_of,
    marked_unread,
    opted_in,
    opted_out,
    read,
    received,
    sent,
)
from tests.support.builders import ANN, BUSINESS, CAUSE, a_group, a_participant, moment, number

BOB = "usr_bob"


def held(*events: Event) -> InboxRow:
    row = inbox.current(None, log_of(("cnv_1", event) for event in events))
    assert row is not None
    return row


def conversation(*events: Event) -> Conversation:
    return inbox.shown(held(*events))


def shown(database: Database, user_id: str = ANN.user_id, **filters: Any) -> list[Conversation]:
    with database.read() as connection:
        return items(
            inbox_list.page(connection, CAUSE.workspace_id, user_id, inbox_list.ConversationFilter(**filters)), Conversation
        )


def ids(found: list[Conversation]) -> list[str]:
    return [each.id for each in found]


# --- the fold


def test_a_new_group_is_shown_with_its_creator_and_no_message_R27():
    assert conversation(a_group(name="Crew")) == Conversation(
        id="cnv_1",
        from_=BUSINESS,
        name="Crew",
        display_name="Crew",
        blocked=False,
        blocked_by=(),
        participant_count=2,
        unread_count=0,
        version=1,
        created_at=moment(1),
        created_by=ANN.user_id,
        last_activity_at=moment(1),
        last_message=None,
        predecessor_id=None,
        successor_id=None,
        metadata={},
    )


def test_its_business_number_is_called_from_in_json():
    assert msgspec.to_builtins(conversation(a_group()))["from"] == BUSINESS


def test_a_group_without_a_name_shows_the_participants_names_in_their_order_R13():
    unnamed = a_group(a_participant(1, name="Bo"), a_participant(2), a_participant(3, contact=True))
    assert conversation(unnamed).display_name == f"Bo, {number(2)}, Contact 3"
    assert conversation(unnamed, ParticipantContactRenamed(contact_id="ctc_3", name="Cy")).display_name == f"Bo, {number(2)}, Cy"
    assert conversation(unnamed, GroupRenamed(name="Crew")).display_name == "Crew"
    assert conversation(unnamed, GroupRenamed(name="Crew"), GroupRenamed(name=None)).display_name == f"Bo, {number(2)}, Contact 3"


def test_the_last_message_has_its_author_R27():
    out = conversation(a_group(), received("msg_1"), sent("msg_2", body=None)).last_message
    assert out is not None
    assert msgspec.to_builtins(out) == {
        "id": "msg_2",
        "author": {"kind": "user", "id": ANN.user_id, "name": ANN.name, "number": None},
        "direction": "outbound",
        "body": None,
        "at": "2025-01-31T23:59:33Z",
    }
    came = conversation(a_group(), sent("msg_1"), received("msg_2", 2, "Bo")).last_message
    assert came is not None
    assert msgspec.to_builtins(came.author) == {"kind": "participant", "id": number(2), "name": "Bo", "number": number(2)}
    assert came.direction == "inbound"


def test_activity_is_creation_and_messages_and_nothing_else_R27():
    row = held(a_group(), sent("msg_1"), GroupRenamed(name="Crew"), opted_out(1))
    assert row.last_activity_position == 2
    assert inbox.shown(row).last_activity_at == moment(2)
    assert inbox.shown(row).version == 4


def test_a_group_is_blocked_by_the_participants_whose_opt_out_blocks_it_R15():
    blocked = conversation(a_group(), opted_out(2), opted_out(1), opted_in(2))
    assert (blocked.blocked, blocked.blocked_by) == (True, (number(1), number(2)))
    assert not conversation(a_group(), opted_out(2), opted_in(2), Unblocked()).blocked


def test_a_group_names_its_predecessor_and_its_successor_R18():
    both = conversation(a_group(predecessor_id="cnv_0"), SucceededBy(conversation_id="cnv_2"))
    assert (both.predecessor_id, both.successor_id) == ("cnv_0", "cnv_2")


def test_a_row_brought_up_to_date_with_a_tail_is_the_row_that_the_whole_history_gives_R33():
    log = log_of(("cnv_1", event) for event in (a_group(), received("msg_1"), sent("msg_2"), opted_out(1)))
    whole = inbox.current(None, log)
    for behind in range(len(log) + 1):
        assert inbox.current(inbox.current(None, log[:behind]), log[max(behind - 1, 0) :]) == whole


def test_events_of_other_streams_leave_a_row_alone():
    row = held(a_group())
    assert inbox.current(row, log_of([read("cnv_1"), read("cnv_1")])) == row


# --- read and unread, per user


async def follow_with_marks(database: Database, log: Sequence[Recorded]) -> None:
    for view in (inbox.VIEW, read_marks.VIEW):
        await follow(database, view, log)


async def test_an_inbound_message_is_unread_until_the_user_reads_it_R30(database: Database):
    log = log_of(
        [
            ("cnv_1", a_group()),
            ("cnv_1", received("msg_1")),
            ("cnv_1", received("msg_2")),
            ("cnv_1", sent("msg_3")),
            read("cnv_1", ANN.user_id),
            ("cnv_1", received("msg_4")),
        ],
    )
    await follow_with_marks(database, log)
    assert shown(database, ANN.user_id)[0].unread_count == 1
    assert shown(database, BOB)[0].unread_count == 3


async def test_a_conversation_marked_unread_has_at_least_one_until_it_is_read_R30(database: Database):
    story = [("cnv_1", a_group()), ("cnv_1", received("msg_1")), read("cnv_1"), marked_unread("cnv_1")]
    story += [("cnv_1", received("msg_2")), ("cnv_1", received("msg_3")), read("cnv_1")]
    unread = []
    for recorded in log_of(story):
        await follow_with_marks(database, [recorded])
        unread.append(shown(database)[0].unread_count)
    assert unread == [0, 1, 0, 1, 1, 2, 0]


def test_a_mark_never_gives_less_than_none_R30():
    assert Mark(5).unread_of(3) == 0


async def test_one_conversation_is_shown_as_its_reader_sees_it_R30(database: Database):
    log = log_of([("cnv_1", a_group()), ("cnv_1", received("msg_1")), read("cnv_1", ANN.user_id)])
    await follow_with_marks(database, log)
    with database.read() as connection:
        whole = inbox.current(None, log)
        assert whole is not None
        assert inbox.one(connection, CAUSE.workspace_id, BOB, "cnv_1") == inbox.shown(whole)
        assert inbox.one(connection, CAUSE.workspace_id, ANN.user_id, "cnv_1") == inbox.shown(whole, Mark(1))


async def test_another_workspaces_conversation_does_not_exist(database: Database):
    await follow(database, inbox.VIEW, log_of([("cnv_1", a_group())]))
    with database.read() as connection:
        assert inbox.one(connection, "wsp_other", BOB, "cnv_1") is None
        assert inbox_list.page(connection, "wsp_other", BOB).items == ()
        assert inbox.one(connection, CAUSE.workspace_id, BOB, "cnv_unknown") is None


# --- the list


async def test_newest_activity_comes_first_R27(database: Database):
    log = log_of([("cnv_1", a_group()), ("cnv_2", a_group()), ("cnv_3", a_group()), ("cnv_1", received("msg_1"))])
    await follow(database, inbox.VIEW, log)
    assert ids(shown(database)) == ["cnv_1", "cnv_3", "cnv_2"]


async def test_pages_follow_one_another_without_loss_or_repetition_R27(database: Database):
    log = log_of((f"cnv_{n}", a_group()) for n in range(7))
    await follow(database, inbox.VIEW, log)
    seen: list[str] = []
    cursor: str | None = None
    with database.read() as connection:
        for size in (3, 3, 1):
            page = inbox_list.page(connection, CAUSE.workspace_id, BOB, wanted=PageRequest(cursor, 3))
            assert len(page.items) == size
            seen += ids(items(page, Conversation))
            cursor = page.next_cursor
    assert cursor is None
    assert seen == [f"cnv_{n}" for n in reversed(range(7))]


async def test_the_last_page_that_is_just_full_leads_nowhere(database: Database):
    await follow(database, inbox.VIEW, log_of((f"cnv_{n}", a_group()) for n in range(3)))
    with database.read() as connection:
        assert inbox_list.page(connection, CAUSE.workspace_id, BOB, wanted=PageRequest(limit=3)).next_cursor is None


BAD_CURSORS = ("", "x", "!", "\u00e9", "bnVsbA", "LTE", "OTIyMzM3MjAzNjg1NDc3NTgwOA", "W10", "\x00")


async def test_a_cursor_that_no_page_gave_is_refused(database: Database):
    for cursor in BAD_CURSORS:
        with database.read() as connection, pytest.raises(InvalidRequestError) as refused:
            inbox_list.page(connection, CAUSE.workspace_id, BOB, wanted=PageRequest(cursor))
        assert refused.value.members["errors"][0]["loc"] == "cursor"


FILTERED: Story = (
    ("cnv_blocked", a_group()),
    ("cnv_read", a_group(business_number="+16285550199")),
    ("cnv_quiet", a_group()),
    ("cnv_blocked", received("msg_1")),
    ("cnv_read", received("msg_2")),
    ("cnv_blocked", opted_out(1)),
    read("cnv_read", BOB),
    marked_unread("cnv_quiet", BOB),
)


CHOSEN: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["cnv_read", "cnv_blocked", "cnv_quiet"]),
    ({"blocked": True}, ["cnv_blocked"]),
    ({"blocked": False}, ["cnv_read", "cnv_quiet"]),
    ({"unread": True}, ["cnv_blocked", "cnv_quiet"]),
    ({"unread": False}, ["cnv_read"]),
    ({"business_number": "+16285550199"}, ["cnv_read"]),
    ({"blocked": False, "unread": True}, ["cnv_quiet"]),
    ({"blocked": False, "unread": True, "business_number": "+16285550199"}, []),
]


async def test_filters_choose_by_unread_blocked_and_business_number_R27(database: Database):
    await follow_with_marks(database, log_of(FILTERED))
    assert [(filters, ids(shown(database, BOB, **filters))) for filters, _ in CHOSEN] == CHOSEN


SOUGHT: Story = (
    ("cnv_1", a_group(a_participant(1, name="Zoë Straße"), a_participant(2), name="100% Crew_A")),
    ("cnv_2", a_group(a_participant(3, contact=True), a_participant(4, name="İpek"))),
)


FOUND: list[tuple[str | None, list[str]]] = [
    ("crew", ["cnv_1"]),
    ("100% c", ["cnv_1"]),
    ("w_a", ["cnv_1"]),
    ("1%0", []),
    ("wxa", []),
    ("zoe\u0308", ["cnv_1"]),
    ("ZOË STRASSE", ["cnv_1"]),
    ("contact 3", ["cnv_2"]),
    ("i\u0307PEK", ["cnv_2"]),
    ("(415) 555-0001", ["cnv_1"]),
    ("+1 415.555.0003", ["cnv_2"]),
    ("555-000", ["cnv_2", "cnv_1"]),
    ("415\u2011555\u20110003", ["cnv_2"]),
    ("tel:+1-415-555-0003", ["cnv_2"]),
    ("\u202d(415) 555\u20100003\u202c", ["cnv_2"]),
    ("\u200e555\u20120003", ["cnv_2"]),
    ("555\u2212\u200b0003", ["cnv_2"]),
    ("555\u00b70003", ["cnv_2"]),
    ("415\u202f555\u20090003", ["cnv_2"]),
    ("\uff15\uff15\uff15 \u0660\u0660\u0660\u0663", ["cnv_2"]),
    ("555 0003 Zoë", []),
    ("+", []),
    ("nobody", []),
    ("  ", ["cnv_2", "cnv_1"]),
    ("\u200b\u202a", ["cnv_2", "cnv_1"]),
    ("", ["cnv_2", "cnv_1"]),
    (None, ["cnv_2", "cnv_1"]),
]


async def test_search_finds_names_in_any_case_and_numbers_in_any_form_R27(database: Database):
    await follow(database, inbox.VIEW, log_of(SOUGHT))
    assert [(q, ids(shown(database, q=q))) for q, _ in FOUND] == FOUND


IPEK = "İpek Iş\u0131k"
NAMES = (
    IPEK,
    "Οδυσσεύς",
    "GROẞMANN",
    "O\u2019Brien",
    "Søren Łuczak",
    "Ann\u2011Marie",
    "\uff2bim",
    "Élise D\u02bcArc",
    "Ёлка",
    "ǅon",
)
FOUND_IN_ANY_SCRIPT = [
    ("ipek", IPEK), ("İPEK", IPEK), ("IŞIK", IPEK), ("isik", IPEK),
    ("\u0131ş\u0131k", IPEK),
    ("ΟΔΥΣΣΕΥΣ", "Οδυσσεύς"), ("οδυσσευσ", "Οδυσσεύς"), ("σεύς", "Οδυσσεύς"),
    ("großmann", "GROẞMANN"), ("GROSSMANN", "GROẞMANN"),
    ("o'brien", "O\u2019Brien"), ("O`BRIEN", "O\u2019Brien"), ("o\u02bcbrien", "O\u2019Brien"), ("obrien", "O\u2019Brien"),
    ("soren", "Søren Łuczak"), ("SØREN LUCZAK", "Søren Łuczak"),
    ("ann-marie", "Ann\u2011Marie"), ("ann\u2013marie", "Ann\u2011Marie"),
    ("kim", "\uff2bim"), ("\u212aim", "\uff2bim"), ("k\u200bim", "\uff2bim"),
    ("elise d'arc", "Élise D\u02bcArc"), ("E\u0301LISE  D\u00b4ARC", "Élise D\u02bcArc"),
    ("ёлка", "Ёлка"), ("ЕЛКА", "Ёлка"),
    ("ǆon", "ǅon"), ("DŽON", "ǅon"), ("dzon", "ǅon"),
]  # fmt: skip


async def test_search_finds_text_in_any_case_and_with_any_accents_and_apostrophes_R27(database: Database):
    story = [(f"cnv_{n}", a_group(a_participant(1, name=name), a_participant(2))) for n, name in enumerate(NAMES)]
    await follow(database, inbox.VIEW, log_of(story))
    assert [(q, [NAMES[int(id_[4:])] for id_ in ids(shown(database, q=q))]) for q, _ in FOUND_IN_ANY_SCRIPT] == [
        (q, [name]) for q, name in FOUND_IN_ANY_SCRIPT
    ]


async def test_a_search_does_not_go_from_one_name_into_the_next_R27(database: Database):
    await follow(database, inbox.VIEW, log_of(SOUGHT))
    assert ids(shown(database, q="100% Crew_A\nZoë Straße")) == []


async def test_search_knows_the_names_of_now_R27(database: Database):
    story = [*SOUGHT, ("cnv_2", ParticipantContactRenamed(contact_id="ctc_3", name="Dana")), ("cnv_1", GroupRenamed(name="Team"))]
    await follow(database, inbox.VIEW, log_of(story))
    assert ids(shown(database, q="dana")) == ["cnv_2"]
    assert ids(shown(database, q="contact 3")) == []
    assert ids(shown(database, q="crew")) == []


async def test_a_search_for_characters_that_no_text_can_have_is_refused(database: Database):
    with database.read() as connection, pytest.raises(InvalidRequestError):
        inbox_list.page(connection, CAUSE.workspace_id, BOB, inbox_list.ConversationFilter(q="a\x00b"))


async def test_the_list_shows_the_folds_state_R33(database: Database):
    log = log_of(
        ("cnv_1", event) for event in (a_group(name="e\u0301 \U0001f469\u200d\U0001f692"), received("msg_1"), opted_out(1))
    )
    row = inbox.current(None, log)
    assert row is not None
    await follow(database, inbox.VIEW, log)
    assert shown(database) == [inbox.shown(row)]
    with database.read() as connection:
        assert inbox.held(connection, CAUSE.workspace_id, BOB, "cnv_1") == (row, Mark())


def test_a_row_stays_small_however_long_the_history_is():
    few, many = held(a_group(), received("msg_1")), held(a_group(), *(received(f"msg_{n}") for n in range(500)))
    assert len(msgspec.json.encode(many)) - len(msgspec.json.encode(few)) < 20


async def test_conversations_are_found_by_a_participants_exact_number_or_contact_R27(database: Database):
    groups = [a_group(a_participant(1), a_participant(2, contact="ctc_bo")), a_group(a_participant(2), a_participant(3))]
    linked = ParticipantContactLinked(number=number(3), contact_id="ctc_cy", name="Cy")
    story = [("cnv_1", groups[0]), ("cnv_2", groups[1]), ("cnv_2", linked)]
    await follow(database, inbox.VIEW, log_of(story))
    assert ids(shown(database, participant=number(2))) == ["cnv_2", "cnv_1"]
    assert ids(shown(database, participant=number(1))) == ["cnv_1"]
    assert ids(shown(database, participant=number(1)[:-1])) == []
    assert ids(shown(database, contact_id="ctc_cy")) == ["cnv_2"]
    assert ids(shown(database, participant=number(1), contact_id="ctc_bo")) == []


async def test_conversations_are_found_by_creator_and_by_the_times_of_creation_and_activity_R27(database: Database):
    await follow(database, inbox.VIEW, log_of([("cnv_1", a_group()), ("cnv_2", a_group()), ("cnv_1", received("msg_1"))]))
    assert ids(shown(database, created_by=ANN.user_id)) == ["cnv_1", "cnv_2"]
    assert ids(shown(database, created_by=BOB)) == []
    assert ids(shown(database, created_since=moment(2))) == ["cnv_2"]
    assert ids(shown(database, created_before=moment(2))) == ["cnv_1"]
    assert ids(shown(database, active_since=moment(3))) == ["cnv_1"]
    assert ids(shown(database, active_before=moment(3))) == ["cnv_2"]


async def test_a_count_is_of_all_that_match_and_the_unread_are_of_all_that_is_seen_R27_R30(database: Database):
    log = log_of([*((f"cnv_{n}", a_group()) for n in range(3)), ("cnv_1", received("msg_1")), ("cnv_2", received("msg_2"))])
    await follow(database, inbox.VIEW, log)
    await follow(database, read_marks.VIEW, log)
    with database.read() as connection:
        chosen, wanted = inbox_list.ConversationFilter(active_before=moment(5)), PageRequest(limit=1)
        page = inbox_list.page(connection, CAUSE.workspace_id, BOB, chosen, wanted, counted=True)
        assert (len(page.items), page.total, page.unread) == (1, 2, 2)
        assert inbox_list.page(connection, CAUSE.workspace_id, BOB).total is None
