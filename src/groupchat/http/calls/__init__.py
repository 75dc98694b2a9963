"""A call of the API: its conditions, its response, and the operation that follows from an endpoint's signature."""
