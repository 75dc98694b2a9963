"""The partitions that a reader has, and its state for each."""

from kafka import TopicPartition
from kafka.consumer.subscription_state import ConsumerRebalanceListener

from groupchat.client.seen import Seen


class Partition:
    """A partition's start offset, the records seen since, and how far it is done and committed."""

    def __init__(self, start: int, remember: int) -> None:
        self.start = start
        self.seen = Seen(remember)
        self.done = start
        self.committed = start


class Keeper(ConsumerRebalanceListener):  # type: ignore[misc] # kafka-python is untyped
    """Forgets revoked partitions, where other readers continue. Called in another thread, while the reader waits for records."""

    def __init__(self, partitions: dict[TopicPartition, Partition]) -> None:
        self._partitions = partitions

    def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Keep all partitions: those that return in the same rebalance had no other reader."""

    def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Forget the other partitions."""
        for place in self._partitions.keys() - assigned:
            del self._partitions[place]

    def on_partitions_lost(self, lost: set[TopicPartition]) -> None:
        """Forget these partitions, because they may have had another reader."""
        for place in lost & self._partitions.keys():
            del self._partitions[place]
