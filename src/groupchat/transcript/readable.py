"""Texts of people in a document: with their line breaks, and without effects on how other text reads."""

from groupchat.audit import words


def readable(text: str) -> str:
    """Return a text with its line breaks, and with codes for controls and for characters that turn the direction of writing."""
    return "\n".join(map(words.plain, text.replace("\r\n", "\n").split("\n")))
