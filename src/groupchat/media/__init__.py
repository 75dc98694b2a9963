"""Files of messages: judging them, keeping them, and serving them (R46)."""
