"""groupchat: an event-sourced backend for group SMS/MMS conversations."""

__version__ = "0.1.0"
