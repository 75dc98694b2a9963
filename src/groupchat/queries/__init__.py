"""Reads: what callers see of the read models and the streams, and what they may see and do.

A query changes nothing. It takes a caller and returns the present state. As for commands, rights come from `aggregates/access.py`.
"""
