"""The event stream: what one reader is sent, and how open streams end."""
