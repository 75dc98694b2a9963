"""The event store: appends, loads, following the log, and the schema. Only here is the `eventsourcing` library used."""
