"""Builders of valid things with sensible defaults, and Hypothesis strategies for people's messages and possible events."""

import types
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from groupchat.aggregates import delivery, delivery_state, group_conversation, group_state
from groupchat.aggregates.contact import Contact, ContactCreated
from groupchat.aggregates.group_conversation import Receive, Send
from groupchat.aggregates.group_events import Author, Created, Media, Participant
from groupchat.aggregates.roster import Candidate, Sender
from groupchat.aggregates.workspace_events import KeyIssued, NumberAdded, UserAdded, WorkspaceCreated
from groupchat.values.event import EVENT_TYPES, Actor, Cause, Event, Recorded
from groupchat.values.money import Rate
from groupchat.values.policy import Policy
from groupchat.values.text import shows_something

START = datetime(2025, 1, 31, 23, 59, 30, tzinfo=UTC)
BUSINESS = "+16285550100"
ANN = Author(user_id="usr_ann", name="Ann Owner")
CAUSE = Cause(workspace_id="wsp_1", actor=Actor(kind="user", id=ANN.user_id), correlation_id="req_1", causation_id="req_1")

GROUP_DECIDER = types.SimpleNamespace(
    Command=group_conversation.Command, decide=group_conversation.decide, evolve=group_state.evolve
)
"""A group conversation, whose state has a module of its own."""
DELIVERY_DECIDER = types.SimpleNamespace(Command=delivery.Command, decide=delivery.decide, evolve=delivery_state.evolve)
"""A delivery, likewise."""

# --- numbers and times


def number(n: int) -> str:
    """Return the n-th (0 to 9999, but not 1212) number of a person in San Francisco: valid, and can be texted."""
    return f"+1415555{n:04d}"


def canadian_number(n: int) -> str:
    """Return the n-th (0 to 9999) number of a person in Vancouver."""
    return f"+1604555{n:04d}"


def moment(n: int) -> datetime:
    """Return a time, n seconds after the start of every test's history."""
    return START + timedelta(seconds=n)


# --- events in their envelope, and streams' beginnings


def recorded(event: Event, *, version: int = 1, stream: str = "tst_1", cause: Cause = CAUSE) -> Recorded:
    """Return an event as an entry of the store."""
    return Recorded(event=event, stream=stream, version=version, position=version, at=moment(version), cause=cause)


def a_contact_created(n: int = 1, **given: Any) -> ContactCreated:
    """Return the first event of contact `ctc_<n>`, who has `number(n)`."""
    fields = {"name": f"Contact {n}", "number": number(n), "secondary_numbers": (), "assigned_to": None}
    return ContactCreated(contact_id=f"ctc_{n}", **(fields | given))


def a_group(*participants: Participant, **given: Any) -> Created:
    """Return the first event of a group; of `number(1)` and `number(2)` if no participants are given."""
    roster = participants or (a_participant(1), a_participant(2))
    fields = {"business_number": BUSINESS, "name": None, "policy": Policy()}
    return Created(roster=roster, **(fields | given))


def a_workspace(**policy: Any) -> WorkspaceCreated:
    """Return the first event of a workspace."""
    return WorkspaceCreated(name="Harbour Dental", policy=a_policy(**policy))


def a_number_added(number: str = BUSINESS, label: str | None = None, assigned_to: str | None = None) -> NumberAdded:
    """Return the event that gives a workspace a business number."""
    return NumberAdded(number=number, label=label, assigned_to=assigned_to)


# --- values and commands


def a_contact(n: int = 1, **given: Any) -> Contact:
    """Return contact `ctc_<n>`, who has `number(n)`."""
    numbers = (given.get("number", number(n)), *given.get("secondary_numbers", ()))
    fields = {"name": f"Contact {n}", "number": number(n), "secondary_numbers": (), "assigned_to": None}
    fixed = {"id": f"ctc_{n}", "workspace_id": CAUSE.workspace_id, "since": moment(n), "numbers_ever": numbers}
    return Contact(**(fixed | fields | given))


def a_participant(n: int, *, contact: bool | str = False, name: str | None = None) -> Participant:
    """Return the participant with `number(n)`; linked to `ctc_<n>`, or to the contact of that id."""
    contact_id = contact if isinstance(contact, str) else f"ctc_{n}" if contact else None
    return Participant(number=number(n), contact_id=contact_id, name=name or (f"Contact {n}" if contact else None))


def a_policy(**given: Any) -> Policy:
    """Return Heymarket's policy, with changes."""
    return replace(Policy(), **given)


def a_rate(mms_segment: str = "0.0200", currency: str = "USD") -> Rate:
    """Return a price per segment."""
    return Rate(mms_segment=Decimal(mms_segment), currency=currency)


def a_send(message_id: str = "msg_1", *, body: str | None = "Hello all", media: tuple[Media, ...] = (), **given: Any) -> Send:
    """Return the command to write to the group `cnv_1`."""
    fields = {"conversation_id": "cnv_1", "author": ANN, "rate": a_rate()}
    return Send(message_id=message_id, body=body, media=media, **(fields | given))


def a_receive(n: int = 1, *, body: str | None = "Hi", media: tuple[Media, ...] = (), **given: Any) -> Receive:
    """Return the command to record a message of the participant with `number(n)`."""
    fields = {"message_id": "msg_in", "carrier_message_id": "SM1", "number": number(n), "keyword": None}
    return Receive(body=body, media=media, **(fields | given))


def a_picture(name: str = "cat.png") -> Media:
    """Return a picture."""
    return Media(url=f"https://media.example/{name}", content_type="image/png")


def a_candidate(index: int, **given: Any) -> Candidate:
    """Return the participant asked for at an index, a bare number of its own."""
    return replace(Candidate(index=index, number=number(index)), **given)


def candidates(count: int) -> list[Candidate]:
    """Return so many different participants, with whom nothing is wrong."""
    return [a_candidate(index) for index in range(count)]


def a_sender(number: str = BUSINESS, *, readable: bool = True, owned: bool = True) -> Sender:
    """Return the business number as found."""
    return Sender(number=number, readable=readable, owned=owned)


# --- strategies

TRICKY = (
    "\U0001f469\U0001f3fd\u200d\U0001f692",  # a firefighter: four code points, two joiners
    "\U0001f3f3\ufe0f\u200d\U0001f308",  # a flag with a variation selector
    "\u05e9\u05dc\u05d5\u05dd \u202babc\u202c",  # Hebrew, and an embedding
    "\u0645\u0631\u062d\u0628\u0627\u200f",  # Arabic, and a right-to-left mark
    "e\u0301 \u00e9 \u1112\u1161\u11ab",  # combining: not the same when normalised
    "\u0915\u094d\u200d\u0937",  # Devanagari with a joiner
    "one\r\ntwo\rthree\nfour\u2028five\u0085six",
    " \t\u00a0.\u3000",
    "\ufeff\u200b\ufffd\U0010ffff",
    "'\";--\\u0000 %s {} \x1b\x7f",
)


def texts(max_size: int = 40) -> st.SearchStrategy[str]:
    """Return strategies of people's messages: any visible text, without NUL and lone surrogates, which are refused."""
    free = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=max_size)
    return st.one_of(free.filter(shows_something), st.lists(st.sampled_from(TRICKY), min_size=1, max_size=3).map("".join))


def numbers(count: int = 10_000) -> st.SearchStrategy[str]:
    """Return the numbers of `count` people in the US and Canada; 555-1212 is nobody's."""
    return (
        st.integers(0, count - 1).filter(lambda n: n != 1_212).flatmap(lambda n: st.sampled_from((number(n), canadian_number(n))))
    )


def medias(max_size: int = 3) -> st.SearchStrategy[tuple[Media, ...]]:
    """Return a message's possible files."""
    names = st.sampled_from(("cat.png", "map.png", "Grüße.png"))
    return st.lists(names.map(a_picture), max_size=max_size).map(tuple)


def rates() -> st.SearchStrategy[Rate]:
    """Return prices per segment, also with more places than a coin has."""
    prices = st.decimals(min_value=0, max_value=10, places=6, allow_nan=False, allow_infinity=False)
    return st.builds(Rate, mms_segment=prices, currency=st.sampled_from(("USD", "CAD")))


def events_of(topics: str) -> st.SearchStrategy[Event]:
    """Return any event whose wire name begins so, about few people and things, so that events meet each other."""
    kinds = [each for topic, each in EVENT_TYPES.items() if topic.startswith(topics)]
    assert kinds, f"no event's wire name begins with {topics!r}"
    return st.one_of([anything(each) for each in kinds])


def commands_of(module: Any) -> st.SearchStrategy[Any]:
    """Return any command of an aggregate, about the same few people and things."""
    return st.one_of([anything(each) for each in get_args(module.Command)])


_FEW: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
    "number": lambda: st.sampled_from((number(1), number(2), number(3))),
    "business_number": lambda: st.just(BUSINESS),
    "recipient": lambda: st.sampled_from((number(1), number(2), number(3))),
    "contact_id": lambda: st.sampled_from(("ctc_1", "ctc_2")),
    "id": lambda: st.sampled_from(("ctc_1", "ctc_2")),
    "user_id": lambda: st.sampled_from(("usr_1", "usr_2")),
    "key_id": lambda: st.sampled_from(("key_1", "key_2")),
    "role": lambda: st.sampled_from(("owner", "member", "auditor", "front desk")),
    "currency": lambda: st.sampled_from(("USD", "CAD")),
    "carrier_message_id": lambda: st.sampled_from(("SM1", "SM2", "SM3")),
    "roster": lambda: st.just((a_participant(1), a_participant(2, contact=True), a_participant(3, contact="ctc_2"))),
    "policy": lambda: st.sampled_from((Policy(), a_policy(reopen_on_opt_in=True, max_participants=3))),
}
_FEW |= {"secondary_numbers": lambda: st.lists(_FEW["number"](), max_size=2, unique=True).map(tuple)}
_FEW |= {"assigned_to": lambda: st.none() | _FEW["user_id"]()}
_LEAVES: dict[Any, Callable[[], st.SearchStrategy[Any]]] = {
    str: lambda: texts(5),
    int: lambda: st.integers(0, 5),
    bool: st.booleans,
    Decimal: lambda: st.decimals(0, 1, places=4),
    datetime: lambda: st.integers(0, 5).map(moment),
    date: lambda: st.integers(0, 5).map(lambda n: moment(n * 86_400).date()),
    types.NoneType: st.none,
    UnsetType: lambda: st.just(UNSET),
}


@cache
def anything(kind: Any) -> st.SearchStrategy[Any]:
    """Return any value of a type; of a struct's fields that are known above, one of a few."""
    if kind in _LEAVES:
        return _LEAVES[kind]()
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of([anything(each) for each in arguments])
    if origin in (dict, Mapping):
        return st.dictionaries(anything(arguments[0]), anything(arguments[1]), max_size=3)
    if origin is tuple:
        return st.lists(anything(arguments[0]), max_size=3).map(tuple)
    if isinstance(kind, type) and issubclass(kind, Struct):
        return st.builds(kind, **{name: _field(name, get_type_hints(kind)[name]) for name in kind.__struct_fields__})
    msg = f"no strategy for {kind!r}: add it here"
    raise TypeError(msg)


def _field(name: str, kind: Any) -> st.SearchStrategy[Any]:
    if name not in _FEW:
        return anything(kind)
    return _FEW[name]() | st.just(UNSET) if UnsetType in get_args(kind) else _FEW[name]()


# --- the people of a workspace

OWNER = UserAdded(user_id="usr_owner", name="Olga", email="olga@example.com", role="owner")
MEMBER = UserAdded(user_id="usr_member", name="Max", email="max@example.com", role="member")
STAFFED = (a_workspace(), OWNER, MEMBER)
FIRST_KEY = KeyIssued(key_id="key_1", user_id="usr_owner", key_hash="5e88")
