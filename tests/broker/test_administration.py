"""`groupchat topics`: missing topics are created, differences are reported, and nothing is altered."""

import pytest
from kafka import KafkaAdminClient

from groupchat.broker import administration
from groupchat.broker.connection import Brokers
from groupchat.broker.opening import BrokerUnavailableError
from groupchat.broker.topics import CONTACTS, EVENT_TOPICS, PROGRESS

SHAPE = {"partitions": 2, "replication": 1, "retention_hours": -1}


@pytest.fixture
def brokers(kafka):
    return Brokers(bootstrap_servers=kafka)


def test_missing_topics_are_made_as_the_settings_say(brokers, topic_prefix):
    planned = administration.planned(prefix=topic_prefix, **SHAPE)

    made = administration.make(brokers, planned)

    assert sorted(made.created) == sorted(topic_prefix + name for name in (*EVENT_TOPICS, PROGRESS))
    assert administration.make(brokers, planned) == administration.Made(created=(), differences=())


def test_the_relays_own_topic_is_compacted_and_has_one_partition():
    *events, progress = administration.planned(prefix="x.", partitions=12, replication=3, retention_hours=24)

    assert (progress.name, progress.partitions, progress.config["cleanup.policy"]) == ("x.groupchat.relay.v1", 1, "compact")
    assert {each.config["retention.ms"] for each in events} == {"86400000"}
    assert {each.config["min.insync.replicas"] for each in (*events, progress)} == {"2"}


def test_differences_are_reported_and_left_alone(brokers, topic_prefix):
    administration.make(brokers, administration.planned(prefix=topic_prefix, **SHAPE))
    other = administration.planned(prefix=topic_prefix, **(SHAPE | {"partitions": 3, "retention_hours": 1}))

    outcome = administration.make(brokers, other)

    assert outcome.created == ()
    assert f"{topic_prefix}{CONTACTS}: partitions is 2, the settings say 3" in outcome.differences
    assert f"{topic_prefix}{CONTACTS}: retention.ms is -1, the settings say 3600000" in outcome.differences
    assert administration.make(brokers, other) == outcome


def test_only_missing_topics_are_created(brokers, topic_prefix):
    planned = administration.planned(prefix=topic_prefix, **SHAPE)
    administration.make(brokers, planned)
    admin = KafkaAdminClient(**brokers.arguments())
    admin.delete_topics([topic_prefix + CONTACTS])
    while topic_prefix + CONTACTS in admin.list_topics():
        pass
    admin.close()

    assert administration.make(brokers, planned).created == (topic_prefix + CONTACTS,)


def test_a_topic_that_the_brokers_refuse_is_reported_with_their_reason(brokers, topic_prefix):
    with pytest.raises(BrokerUnavailableError, match="can't be created: Unable to replicate the partition 3 time"):
        administration.make(brokers, administration.planned(prefix=topic_prefix, **(SHAPE | {"replication": 3})))
