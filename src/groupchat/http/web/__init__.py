"""The web kit: requests, responses, and the OpenAPI document of operations."""
