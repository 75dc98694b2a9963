"""Audit: what the log says about the past, read and never written. Pure functions over events, by the folds of the live views."""
