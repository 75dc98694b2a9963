"""A simulated carrier: `adapter.py` implements the port."""
