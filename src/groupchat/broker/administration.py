"""Creating topics: missing topics are created, and topics that differ are reported. None is altered."""

from collections.abc import Mapping, Sequence

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import NoError, TopicAlreadyExistsError, for_code
from msgspec import Struct

from groupchat.broker.connection import Brokers
from groupchat.broker.opening import explained, opened
from groupchat.broker.topics import EVENT_TOPICS, PROGRESS

_HOUR_MS = 3_600_000


class PlannedTopic(Struct, frozen=True, kw_only=True):
    """The intended configuration of a topic."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


class Made(Struct, frozen=True, kw_only=True):
    """The created topics, and the differences of the others, one per line."""

    created: tuple[str, ...]
    differences: tuple[str, ...]


def planned(*, prefix: str, partitions: int, replication: int, retention_hours: int) -> list[PlannedTopic]:
    """Return all topics that a relay writes to; `retention_hours` is -1 for forever.

    An acknowledged record is on all brokers of its topic but one.
    """
    durable = {"min.insync.replicas": str(max(1, replication - 1))}
    kept = {"cleanup.policy": "delete", "retention.ms": str(retention_hours * _HOUR_MS if retention_hours >= 0 else -1)}
    compacted = {"cleanup.policy": "compact", "segment.bytes": str(16 * 1024 * 1024)}
    return [
        *(
            PlannedTopic(name=prefix + name, partitions=partitions, replication=replication, config=kept | durable)
            for name in EVENT_TOPICS
        ),
        PlannedTopic(name=prefix + PROGRESS, partitions=1, replication=replication, config=compacted | durable),
    ]


def make(brokers: Brokers, topics: Sequence[PlannedTopic]) -> Made:
    """Create missing topics, and compare the others; raises `BrokerUnavailableError`. Several processes may run it at once."""
    with explained(brokers):
        admin = opened(KafkaAdminClient, brokers)
        try:
            there = set(admin.list_topics())
            missing = [topic for topic in topics if topic.name not in there]
            created = _create(admin, missing) if missing else ()
            others = [topic for topic in topics if topic.name not in created]
            return Made(created=created, differences=_differences(admin, others) if others else ())
        finally:
            admin.close()


def _create(admin: KafkaAdminClient, topics: Sequence[PlannedTopic]) -> tuple[str, ...]:
    wanted = {
        topic.name: {"num_partitions": topic.partitions, "replication_factor": topic.replication, "configs": dict(topic.config)}
        for topic in topics
    }
    answers = admin.create_topics(wanted, raise_errors=False)["topics"]
    failed = {each["name"]: for_code(each["error_code"]) for each in answers}
    for name, error in failed.items():
        if error not in (NoError, TopicAlreadyExistsError):
            words = next(each["error_message"] for each in answers if each["name"] == name)
            msg = f"{name} can't be created: {words}"
            raise error(msg)
    admin.wait_for_topics(list(wanted))
    return tuple(name for name, error in failed.items() if error is NoError)


def _differences(admin: KafkaAdminClient, topics: Sequence[PlannedTopic]) -> tuple[str, ...]:
    names = [topic.name for topic in topics]
    shapes = {each["name"]: each["partitions"] for each in admin.describe_topics(names)}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    configs = admin.describe_configs(resources, config_filter="all")["topic"]
    found = []
    for topic in topics:
        if not (partitions := shapes[topic.name]):
            found.append(f"{topic.name}: another program is creating or deleting it; run this again")
            continue
        has = {"partitions": str(len(partitions)), "replication": str(len(partitions[0]["replica_nodes"]))}
        has |= {name: configs[topic.name][name]["value"] for name in topic.config}
        should = {"partitions": str(topic.partitions), "replication": str(topic.replication)} | dict(topic.config)
        found += [
            f"{topic.name}: {name} is {has[name]}, the settings say {value}" for name, value in should.items() if has[name] != value
        ]
    return tuple(found)
