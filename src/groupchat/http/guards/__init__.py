"""Admission: logins, limits, permits, bounds on connections, and the record of refusals."""
