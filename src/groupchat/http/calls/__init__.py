"""What a call of the API is: its conditions, its answer, and what is made of an endpoint's signature."""
