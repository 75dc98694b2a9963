"""The partitions that a reader has, and what it knows of each."""

from kafka import TopicPartition
from kafka.consumer.subscription_state import ConsumerRebalanceListener

from groupchat.client.seen import Seen


class Partition:
    """Where the group stood when the partition came here, what was seen of it since, and how far it is done and committed."""

    def __init__(self, start: int, remember: int) -> None:
        self.start = start
        self.seen = Seen(remember)
        self.done = start
        self.committed = start


class Keeper(ConsumerRebalanceListener):  # type: ignore[misc] # kafka-python is untyped
    """Forgets the partitions that go to others, who go on there. Called while the reader waits for records, in another thread."""

    def __init__(self, partitions: dict[TopicPartition, Partition]) -> None:
        self._partitions = partitions

    def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Keep all: those that come back in the same rebalance have been nobody else's."""

    def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Forget the others."""
        for place in self._partitions.keys() - assigned:
            del self._partitions[place]

    def on_partitions_lost(self, lost: set[TopicPartition]) -> None:
        """Forget them: others may have had them since."""
        for place in lost & self._partitions.keys():
            del self._partitions[place]
