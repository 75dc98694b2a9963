"""Processes: from events to commands and carriers. Each follows the log with a stored position, and may see an event again."""
