"""The Kafka relay: every event of the log to its topic, once and in order (docs/adr/0018)."""
