"""Sending events to webhooks (R55): one reader of the log for all, and a position, waiting messages and calls for each."""
