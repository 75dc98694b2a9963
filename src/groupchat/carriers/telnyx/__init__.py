"""Telnyx: one call carries a message to a whole group. Receipts and messages arrive as signed webhooks."""
