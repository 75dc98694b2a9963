"""Audit: what happened in the past, and why. Pure functions over events that use the folds of the live views."""
