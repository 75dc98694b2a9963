"""The topics' names (docs/topics.md). A prefix distinguishes a replay's topics from the live ones."""

CONVERSATIONS = "groupchat.conversations.v1"
"""Every event of a conversation, and of its messages' deliveries, media and reviews; the key is the conversation's id."""
CONTACTS = "groupchat.contacts.v1"
"""Every event of a contact and of the numbers it is listed under; the key is the contact's id."""
CONSENTS = "groupchat.consents.v1"
"""Every consent event; the key is its stream: business number and phone, for do-not-disturb workspace and phone."""
WORKSPACES = "groupchat.workspaces.v1"
"""Every event of a workspace, without keys and their hashes, and of its users' read marks; the key is the workspace's id."""
LEDGER = "groupchat.ledger.v1"
"""A record per ledger entry; the key is the conversation's id."""

EVENT_TOPICS = (CONVERSATIONS, CONTACTS, CONSENTS, WORKSPACES, LEDGER)
"""The topics that consumers read."""

RELAY = "relay"
"""The follower that publishes the log on these topics, as positions name it."""

PROJECTIONS = "projections"
"""The worker whose views follow the topics instead of the log."""

PROGRESS = "groupchat.relay.v1"
"""The relay's own position, compacted; for the relay only."""

_OF_FAMILY = {
    "conversation": CONVERSATIONS,
    "delivery": CONVERSATIONS,
    "review": CONVERSATIONS,
    "media": CONVERSATIONS,
    "contact": CONTACTS,
    "consent": CONSENTS,
    "do_not_disturb": CONSENTS,
    "workspace": WORKSPACES,
    "reader": WORKSPACES,
    "refusal": WORKSPACES,
    "ledger": LEDGER,
}
"""The topic of a family of types: the second word of their names."""


class NoTopicError(Exception):
    """A type of event has no topic, because its family is missing here."""


def topic_of(type_: str) -> str:
    """Return the topic of a type of record; raises `NoTopicError`."""
    family = type_.split(".")[1]
    if family not in _OF_FAMILY:
        msg = f"{type_} has no topic in Kafka. Give its family one in broker/topics.py."
        raise NoTopicError(msg)
    return _OF_FAMILY[family]
