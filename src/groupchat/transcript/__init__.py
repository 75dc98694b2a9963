"""Transcripts: a conversation as a document that can be handed over, as plain text, HTML or PDF."""
