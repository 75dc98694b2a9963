"""Structured logs on stderr: a line per event, for people or as JSON. Never a message's body, never a full phone number."""

import logging
import re
import sys

import structlog
from structlog.typing import EventDict

from groupchat.settings import Settings

_NUMBER = re.compile(r"(?:\+|%2[bB])[0-9]{5,13}([0-9]{2})")


def mask_numbers(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Mask all but the last two digits of every phone number in a line, wherever the number is."""
    return {name: _NUMBER.sub(r"+…\1", value) if isinstance(value, str) else value for name, value in line.items()}


def configure(settings: Settings) -> None:
    """Set up logging for this process."""
    level = getattr(logging, settings.log_level.upper())
    for_people = settings.log_format == "text"
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if for_people else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_numbers,
            renderer,
        ],
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
