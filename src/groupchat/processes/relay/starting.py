"""The starting point of a relay: the position in Kafka, if it can be from this log."""

from groupchat.broker.topics import PROGRESS
from groupchat.processes.relay.progress import RelayProgress
from groupchat.store.event_store import EventStore
from groupchat.store.mapper import UnreadableEventError
from groupchat.store.positions import PoisonError
from groupchat.values.errors import ExpectedError


class NoSuchPositionError(ExpectedError):
    """A relay can't start at that position. The message says which positions exist."""


def progress_at(store: EventStore, position: int) -> RelayProgress:
    """Return a position of this log as progress; raises `NoSuchPositionError`. It blocks."""
    head = store.log.head()
    if not 0 <= position <= head:
        msg = f"There is no position {position}: the log ends at {head}. Use 0, which publishes everything, to {head}."
        raise NoSuchPositionError(msg)
    try:
        found = store.log.read(position - 1, 1).events if position else []
    except UnreadableEventError:
        found = []
    return RelayProgress.behind(found[0]) if found else RelayProgress(position=position)


def check(progress: RelayProgress | None, known: int, store: EventStore, prefix: str) -> None:
    """Raise `PoisonError`, of no event, if Kafka's position can't be from a relay of this log that had reached `known`."""
    head, topic = store.log.head(), prefix + PROGRESS
    if progress is None:
        if known:
            reason = (
                f"{topic} has no position, although the relay had published up to {known}. The topic was deleted or emptied, or "
                f"these are other topics. If consumers have everything up to {known}, `groupchat relay --from {known}` continues. "
                "If the topics are new, `groupchat relay --from 0` publishes everything."
            )
            raise PoisonError(0, reason)
    elif progress.position > head:
        reason = (
            f"{topic} says that everything up to {progress.position} is published, but the log ends at {head}. The database was "
            f"restored from a backup, or the topics belong to another installation. {_ADVICE}"
        )
        raise PoisonError(0, reason)
    elif _differ(progress, progress_at(store, progress.position)):
        reason = (
            f"{topic} says that event {progress.event} is at position {progress.position}, but the log has another one there. "
            f"The database was restored from a backup and written to since, or the topics belong to another installation. {_ADVICE}"
        )
        raise PoisonError(0, reason)


_ADVICE = (
    "Consumers keep what they have read. Use separate topics for this log (GROUPCHAT_KAFKA_TOPIC_PREFIX, `groupchat topics`, "
    "`groupchat relay --from 0`), or read docs/kafka.md, Back up and restore with Kafka."
)


def _differ(progress: RelayProgress, here: RelayProgress) -> bool:
    """Return whether both know their event and the events differ."""
    return None not in (progress.event, here.event) and progress != here
