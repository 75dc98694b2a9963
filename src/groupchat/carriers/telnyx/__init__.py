"""Telnyx: one call carries a message to a whole group; receipts and messages come as signed webhooks."""
