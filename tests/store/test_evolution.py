"""Events of a shape that a newer groupchat stored: they are not mistaken for others, and every reader gives advice."""

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from groupchat.aggregates.group_events import InboundReceived
from groupchat.commands.streams import CONVERSATION
from groupchat.projections import inbox, thread
from groupchat.projections.view import Projection
from groupchat.store.follower import Follower
from groupchat.store.mapper import UnreadableEventError
from groupchat.store.positions import retry
from groupchat.store.tables import STORED_EVENTS
from tests.projections.histories import log_of, received, sent, store_log, tables_of
from tests.support.builders import a_group

STORY = (("cnv_1", a_group()), ("cnv_1", received("msg_1")), ("cnv_1", sent("msg_2")))
NEWER, ADVICE = 2, r"its shape is version 9, but this groupchat knows 2; install the one that wrote it"


@pytest.fixture
def story(database):
    """A log whose second event is of a newer groupchat."""
    store_log(database, log_of(STORY))
    with database.write() as connection:
        of_it = STORED_EVENTS.c.id == NEWER
        found = bytes(connection.execute(select(STORED_EVENTS.c.state).where(of_it)).scalar_one())
        newer = found.replace(b'"v":2', b'"v":9')
        assert newer != found
        connection.execute(update(STORED_EVENTS).where(of_it).values(state=newer))
    return database


@pytest.mark.parametrize("view", [inbox.VIEW, thread.VIEW], ids=lambda view: view.name)
async def test_a_newer_shape_stops_a_follower_before_it_with_advice_R34(story, store, view):
    follower = Follower(store, Projection(story, view))
    with capture_logs() as lines:
        while await follower.step():
            pass

    status = follower.status()
    assert (status.position, status.stopped_at) == (NEWER - 1, NEWER)
    assert status.error.endswith(ADVICE)
    assert "cnv_1/2 (groupchat.conversation.inbound_received)" in status.error
    (line,) = [line for line in lines if line["event"] == "follower_stopped"]
    assert (line["log_level"], line["error"]) == ("error", status.error)


async def test_a_follower_continues_when_a_version_that_knows_the_shape_is_installed_R34(story, store, monkeypatch):
    follower = Follower(store, Projection(story, thread.VIEW))
    while await follower.step():
        pass
    monkeypatch.setattr(InboundReceived, "class_version", 9)
    retry(story, "thread")
    while await follower.step():
        pass
    assert (follower.status().position, follower.status().stopped_at) == (len(STORY), None)
    assert len(tables_of(story, thread.VIEW)["messages"]) == 2


async def test_no_command_decides_on_events_that_it_cannot_read_R34(story, store):
    with pytest.raises(UnreadableEventError, match=ADVICE):
        await store.load_fresh(CONVERSATION, "cnv_1")
    with pytest.raises(UnreadableEventError, match=ADVICE):
        await store.load(CONVERSATION, "cnv_1")
