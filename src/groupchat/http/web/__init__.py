"""The web kit: requests, answers, and the OpenAPI document of what answers them."""
