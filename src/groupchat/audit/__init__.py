"""Audit: what the log says about the past, and why. Pure functions over events, by the folds of the live views."""
