"""The demo workspace that `make run` shows: a month of a front desk's group conversations."""
