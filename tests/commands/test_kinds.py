"""An id of another kind names nothing and leaves nothing behind, so a request for it affects no cache."""

import pytest

from groupchat.aggregates import consent, number_claim
from groupchat.commands import consents
from groupchat.commands.streams import CONSENT, CONTACT, CONVERSATION, NUMBER_CLAIM, WORKSPACE
from groupchat.queries.conversations import require_visible
from groupchat.values.errors import NotFoundError
from tests.support.builders import BUSINESS, number
from tests.support.stores import store_on


@pytest.fixture
def restarted(database):
    """The same database in a process that remembers nothing."""
    with store_on(database) as store:
        yield store


async def test_a_stream_that_is_read_as_a_conversation_keeps_its_own_kind_R5_R15(world, restarted):
    group = await world.group(1, 2)
    stream = consent.stream(BUSINESS, number(1))

    with pytest.raises(NotFoundError):
        await require_visible(restarted, world.who, stream)
    await world.run(consents.opt_out_by_hand, group, number(1))

    assert (await restarted.load(CONSENT, stream)).opted_out
    assert (await restarted.load(CONVERSATION, group)).blocked_by == (number(1),)


async def test_ids_of_other_kinds_are_nothing_R4(world, restarted):
    claim = number_claim.stream(BUSINESS)
    for stream in (claim, world.who.workspace_id, "consent-x"):
        for kind in (CONVERSATION, CONTACT):
            assert await restarted.load(kind, stream) is None
            assert await restarted.load_fresh(kind, stream) is None

    assert await restarted.load(NUMBER_CLAIM, claim) == world.who.workspace_id
    assert await restarted.load(WORKSPACE, world.who.workspace_id) is not None
