"""Processes: from events to commands and carriers. Each follows the log from a stored position, and may see an event again."""
