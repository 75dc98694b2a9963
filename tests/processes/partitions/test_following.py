"""Views that follow Kafka hold what they would hold by the log (R33)."""

from groupchat.projections import CONVERSATION_VIEWS
from groupchat.store.database import Database
from tests.processes.partitions.conftest import Sharers
from tests.projections.histories import (
    follow,
    forget_everything,
    log_of,
    opted_out,
    received,
    sent,
    started,
    store_log,
    tables_of,
    updated,
)
from tests.support.builders import a_group, number
from tests.support.publishing import Publisher


def everything(database: Database) -> dict[str, object]:
    return {view.name: tables_of(database, view) for view in CONVERSATION_VIEWS}


def a_log(groups: int = 5, messages: int = 3):
    story = [(f"cnv_{g}", a_group()) for g in range(groups)]
    for m in range(messages):
        for g in range(groups):
            message, conversation = f"msg_{g}_{m}", f"cnv_{g}"
            story.append((conversation, sent(message)))
            story.append((f"delivery-{message}", started(message, number(1), number(2), conversation_id=conversation)))
            story.append((conversation, received(f"{message}_in")))
            story.append((f"delivery-{message}", updated(message, number(1), "delivered", conversation)))
            story.append((f"ctc_{m}_{g}", a_group()))
    story.append(("cnv_0", opted_out(1)))
    return log_of(story)


async def test_what_a_worker_brings_from_kafka_is_what_the_log_brings_R33(
    database: Database, sharers: Sharers, publisher: Publisher
):
    log = a_log()
    store_log(database, log)
    async with sharers.running():
        publisher.publish(log, database)
        await sharers.reach(len(log))
    shared = everything(database)
    forget_everything(database)
    for view in CONVERSATION_VIEWS:
        await follow(database, view, log)
    assert shared == everything(database)
