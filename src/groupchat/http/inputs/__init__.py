"""What callers send: request bodies, query parameters, and the types of their fields."""
