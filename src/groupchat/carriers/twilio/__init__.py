"""Twilio Conversations: a group is created once (a rail), and each message is posted to it; events come as signed webhooks."""
