"""Projections that follow Kafka instead of the log: any number of processes share the partitions of the conversations' topic."""
