"""Access and rates: logins, limits, permits, limits of connections, and refusal records."""
