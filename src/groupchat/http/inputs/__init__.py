"""The input of callers: request bodies, query parameters, and the types of their fields."""
