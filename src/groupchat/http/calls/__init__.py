"""A call of the API: its conditions, its answer, and the operation that follows from an endpoint's signature."""
