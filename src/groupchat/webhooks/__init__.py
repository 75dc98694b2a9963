"""Calling webhooks: secrets, the addresses that may be called, the message, its signature, the call and when to repeat it (R55)."""
