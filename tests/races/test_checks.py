"""The scan that judges every race finds faults: each promise is broken once, in a log written by hand."""

import pytest
from msgspec.structs import replace

from groupchat.values.event import EVENT_TYPES
from tests.support.builders import BUSINESS, a_participant, a_policy, a_rate, moment, number
from tests.support.builders import recorded as enveloped
from tests.support.checks import broken


def event(type_, **fields):
    return EVENT_TYPES[f"groupchat.{type_}"](**fields)


def log(*events):
    """Return a log: (stream, event) pairs, with positions, versions and times as they should be."""
    versions: dict[str, int] = {}
    found = []
    for position, (stream, each) in enumerate(events, 1):
        versions[stream] = versions.get(stream, 0) + 1
        found.append(replace(enveloped(each, stream=stream, version=versions[stream]), position=position, at=moment(position)))
    return found


def created(*people, contact=False):
    roster = tuple(a_participant(n, contact=contact) for n in people)
    return event("conversation.created", business_number=BUSINESS, name=None, roster=roster, policy=a_policy())


def sent(message_id="msg_1"):
    author = {"user_id": "usr_ann", "name": "Ann"}
    return event(
        "conversation.message_sent", message_id=message_id, author=author, body="Hi", media=(), recipients=(), rate=a_rate()
    )


def consented(word, n=1):
    return event(f"consent.{word}", business_number=BUSINESS, number=number(n), cause="keyword", evidence="msg_in")


def opted_out(n=1):
    return event("conversation.participant_opted_out", number=number(n), cause="keyword", evidence="msg_in")


def started(message_id="msg_1"):
    fields = {"conversation_id": "cnv_1", "business_number": BUSINESS, "recipients": (), "carrier": "fake"}
    return event("delivery.started", message_id=message_id, **fields)


CONSENT = f"consent-{BUSINESS}-{number(1)}"


def card(what, n):
    """Return a change of the contact `ctc_1`, whose number is `number(n)` by then."""
    name = {"name": "Bob", "assigned_to": None} if what == "created" else {}
    return event(f"contact.{what}", contact_id="ctc_1", number=number(n), secondary_numbers=(), **name)


def refusing_card():
    """Return the beginning of a contact with `number(1)` and DND on."""
    return [("ctc_1", card("created", 1)), ("ctc_1", event("contact.dnd_turned_on", contact_id="ctc_1"))]


GOOD = (
    ("cnv_1", created(1, 2)),
    ("cnv_1", sent("msg_1")),
    ("delivery-msg_1", started("msg_1")),
    (CONSENT, consented("opted_out")),
    ("cnv_1", opted_out()),
    (CONSENT, consented("opted_in")),
    ("cnv_2", created(1, 2)),
    ("cnv_2", sent("msg_2")),
)


def test_a_good_log_breaks_nothing():
    assert broken(log(*GOOD)) == []


@pytest.mark.parametrize(
    ("events", "promise"),
    [
        ([("cnv_1", created(1, 2)), ("cnv_2", created(2, 1))], "R35"),
        ([("cnv_1", created(1, 2)), ("cnv_1", opted_out()), ("cnv_1", sent())], "in a blocked group"),
        ([("cnv_1", created(1, 2)), (CONSENT, consented("opted_out")), ("cnv_1", sent())], "is sent to"),
        ([(CONSENT, consented("opted_out")), ("cnv_1", created(1, 2))], "begins with"),
        ([("ctc_1", event("contact.dnd_turned_on", contact_id="ctc_1")), ("cnv_1", created(1, 2, contact=True))], "do-not-disturb"),
        ([*refusing_card(), ("cnv_1", created(1, 2))], "R36"),
        ([*refusing_card(), ("ctc_1", event("contact.deleted", contact_id="ctc_1")), ("cnv_1", created(1, 2))], "R36"),
        ([*refusing_card(), ("ctc_1", card("numbers_changed", 5)), ("cnv_1", created(1, 2))], "R36"),
        ([("cnv_1", created(1, 2)), ("cnv_1", sent()), ("cnv_1", opted_out()), ("delivery-msg_1", started())], "hand-over"),
        (
            [
                ("cnv_1", created(1, 2)),
                ("cnv_1", opted_out()),
                ("cnv_2", created(1, 2)),
                ("cnv_1", event("conversation.unblocked")),
            ],
            "R35",
        ),
        (
            [
                (f"number-{BUSINESS}", event("workspace.number_claimed", number=BUSINESS, workspace_id="wsp_1")),
                (f"number-{BUSINESS}", event("workspace.number_claimed", number=BUSINESS, workspace_id="wsp_2")),
            ],
            "R4",
        ),
    ],
)
def test_a_broken_promise_is_found(events, promise):
    assert [promise in problem for problem in broken(log(*events))] == [True]


@pytest.mark.parametrize(
    "change",
    [
        {"position": 9},
        {"version": 3},
        {"version": 1},
        {"at": moment(-100)},
    ],
)
def test_a_gap_or_a_step_back_is_found_R32(change):
    events = log(*GOOD[:2])

    assert broken([events[0], replace(events[1], **change)]) != []


def test_a_missing_event_is_found():
    events = log(*GOOD)

    assert all(broken(events[:n] + events[n + 1 :]) for n in range(len(events) - 1))  # but the last
