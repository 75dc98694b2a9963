"""For services that follow groupchat on Kafka: every record, decoded, once and in order per key (docs/topics.md).

with Reader("127.0.0.1:9092", group="billing", topics=[LEDGER]) as records:
    for record in records:
        print(record.type, record.data)
"""

from groupchat.broker.connection import Brokers
from groupchat.broker.envelope import RecordUnreadableError
from groupchat.broker.opening import BrokerUnavailableError
from groupchat.broker.topics import CONSENTS, CONTACTS, CONVERSATIONS, LEDGER, WORKSPACES
from groupchat.client.reader import Reader, RecordsGoneError, TopicsMissingError
from groupchat.client.record import Record

__all__ = [
    "CONSENTS",
    "CONTACTS",
    "CONVERSATIONS",
    "LEDGER",
    "WORKSPACES",
    "BrokerUnavailableError",
    "Brokers",
    "Reader",
    "Record",
    "RecordUnreadableError",
    "RecordsGoneError",
    "TopicsMissingError",
]
