import pytest

from groupchat.aggregates.contact import Renamed
from groupchat.values.clock import utc_now
from groupchat.values.errors import InvalidRequestError, NotFoundError
from groupchat.values.event import EVENT_TYPES
from tests.support.builders import recorded


def test_a_recorded_event_has_an_id_that_never_changes_and_its_wire_name_R31():
    event = recorded(Renamed(contact_id="ctc_1", name="Ann"), stream="ctc_1", version=7)
    assert event.id == "ctc_1/7"
    assert event.type == "groupchat.contact.renamed"
    assert EVENT_TYPES[event.type] is Renamed


def test_events_cannot_be_changed_R31():
    event = Renamed(contact_id="ctc_1", name="Ann")
    with pytest.raises(AttributeError):
        event.name = "Bob"


def test_the_clock_gives_the_time_in_utc():
    assert utc_now().utcoffset().total_seconds() == 0


def test_a_refusal_has_advice_for_people_and_members_for_programs():
    refusal = InvalidRequestError("body", "Too long.")
    assert (refusal.slug, refusal.detail, refusal.members) == (
        "invalid-request",
        "Too long.",
        {"errors": [{"loc": "body", "code": "not-allowed", "detail": "Too long."}]},
    )
    assert NotFoundError("Gone.").slug == "not-found"
