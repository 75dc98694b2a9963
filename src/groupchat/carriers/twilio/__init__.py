"""Twilio Conversations: a group is created once (a rail), and each message is posted to it. Events arrive as signed webhooks."""
