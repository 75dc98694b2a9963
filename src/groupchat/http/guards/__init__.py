"""Who gets in: logins, limits, permits, bounds on connections, and the record of what was refused."""
