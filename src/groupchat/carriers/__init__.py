"""Carriers: the port that every adapter implements, and the simulator."""
