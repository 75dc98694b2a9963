"""The broker: connecting to Kafka, the names of its topics, and the format of a record."""
