"""Bandwidth: one call carries a message to a whole group. Receipts and messages arrive as webhooks with a password."""
