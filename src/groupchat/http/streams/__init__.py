"""The event stream: what one reader receives, and how open streams end."""
