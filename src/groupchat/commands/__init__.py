"""The application service: from a caller's request to events.

Each command loads the streams that its decision needs, lets the aggregates decide, and takes their events. Commands contain no
rules; rules are in `aggregates/`. A command's events are one append, stored completely or not at all.
"""
