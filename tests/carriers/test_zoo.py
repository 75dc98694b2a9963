"""Real posts of the carriers, and what Hypothesis makes of them: each has its meaning, and none is an error (R45)."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupchat.carriers.bandwidth import webhooks as bandwidth
from groupchat.carriers.incoming import News
from groupchat.carriers.port import Posted
from groupchat.carriers.telnyx import webhooks as telnyx
from groupchat.carriers.twilio import events
from groupchat.carriers.twilio.direct import receipt_of
from tests.carriers.doubles import ANN, BUSINESS
from tests.carriers.zoo import ZOO, Animal


def twilios(posted: Posted) -> News | None:
    """Return what Twilio's adapter reads at once; none if it has to ask first."""
    fields = events.fields_of(posted)
    kind, receipt, written = events.kind_of(fields), receipt_of(posted, fields), None
    events.media(fields, "https://mcs.us1.twilio.com/v1")
    if kind in ("sms", "mms"):
        written = events.direct(fields)
    if kind in ("receipt", "inbound", "mms"):
        return None
    return News(receipts=[] if receipt is None else [receipt], inbound=[] if written is None else [written], unknown=["x"])


def read(animal: Animal) -> News | None:
    match animal.carrier:
        case "telnyx":
            return telnyx.news(animal.unsigned())
        case "bandwidth":
            return bandwidth.news(animal.unsigned(), confirms_delivery=True)
        case _:
            return twilios(animal.unsigned())


@pytest.mark.parametrize("animal", ZOO.values(), ids=ZOO)
def test_a_real_post_has_its_meaning_R45(animal: Animal):
    found = read(animal)

    if found is None:
        assert animal.brings == "later"
    elif animal.brings == "inbound":
        assert [(each.from_, each.to, each.group) for each in found.inbound] == [(ANN, BUSINESS, ())]
    else:
        assert (len(found.receipts), len(found.inbound)) == (animal.brings == "receipt", 0)


WORDS = ("", "+1", "https://[", "\ud83d", ANN, BUSINESS)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(WORDS),
    lambda each: st.lists(each, max_size=2) | st.dictionaries(st.sampled_from(["phone_number", "id", "x"]), each, max_size=2),
    max_leaves=4,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place within a content: what it is in, and its name or number there."""
    for place in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, place
        yield from places(value[place])


@given(animal=st.sampled_from(list(ZOO.values())), data=st.data())
def test_whatever_becomes_of_a_real_post_it_is_not_an_error_R45(animal: Animal, data: st.DataObject):
    content = deepcopy(animal.content)
    for _ in range(data.draw(st.integers(1, 3))):
        found = list(places(content))
        if found:
            inside, place = data.draw(st.sampled_from(found))
            if data.draw(st.booleans()):
                del inside[place]
            else:
                inside[place] = data.draw(st.text() if animal.carrier == "twilio" else ANYTHING)

    read(Animal(animal.carrier, content, animal.brings))
