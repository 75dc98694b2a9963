"""The broker: how groupchat reaches Kafka, what its topics are called, and what a record looks like on the wire."""
