"""Carriers: the port that every adapter fulfils, and the simulator."""
