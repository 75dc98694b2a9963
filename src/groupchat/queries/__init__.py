"""Reads: what callers see of the read models and the streams, and what they may see and do.

A query changes nothing. It takes a caller and answers for the moment; rights come from `aggregates/access.py`, as a command's do.
"""
