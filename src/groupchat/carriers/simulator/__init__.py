"""A simulated carrier: `adapter.py` fulfils the port."""
