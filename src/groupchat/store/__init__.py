"""The event store: appends, loads, following the log, and the schema. No other package uses the `eventsourcing` library."""
