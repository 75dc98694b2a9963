"""The application service: from a caller's wish to events.

Each command loads the streams that its decision needs, lets the aggregates decide, and takes their events. No rule lives here: a
rule is in `aggregates/`. A command's events are one append, stored whole or not at all.
"""
