"""Structured logs on stderr: a line per event, for people or as JSON. Never a message's body, never a full phone number.

Everything goes the same way: our own events, what libraries log, Python's warnings, and the error that ends a process.
"""

import logging
import re
import sys
import threading
from types import TracebackType

import structlog
from structlog.typing import EventDict

from groupchat.settings import Settings

_NUMBER = re.compile(r"(?:\+|%2[bB])[0-9]{5,13}([0-9]{2})")
_REPORTED_BY_US = "kafka"
"""A library that logs an error for each try of each of its connections; the relay and the workers report what it means."""

log = structlog.get_logger()


def mask_numbers(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Mask all but the last two digits of every phone number in a line, wherever the number is."""
    return {name: _NUMBER.sub(r"+…\1", value) if isinstance(value, str) else value for name, value in line.items()}


class FromLibraries(logging.Handler):
    """Logs what libraries log by Python's own module as events of ours, with the library's `logger` and its `message`."""

    def __init__(self, *, without: str | None = None) -> None:
        """Leave out what the library called `without` logs."""
        super().__init__()
        if without is not None:
            self.addFilter(lambda record: record.name.partition(".")[0] != without)

    def emit(self, record: logging.LogRecord) -> None:
        """Log a record."""
        try:
            log.log(record.levelno, "library", logger=record.name, message=record.getMessage(), exc_info=record.exc_info)
        except Exception:  # noqa: BLE001 - a handler must not fail; this one says what it could not log
            self.handleError(record)


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
    _take_over(level)
    if not for_people:
        sys.excepthook = _crashed
        threading.excepthook = _thread_crashed


def _take_over(level: int) -> None:
    """Log what libraries log, from warnings on, and Python's warnings.

    What is left out is still logged by the library, because `broker/opening.py` listens to it for the reason of a failure.
    """
    for each in [each for each in logging.root.handlers if isinstance(each, FromLibraries)]:
        logging.root.removeHandler(each)
    logging.root.addHandler(FromLibraries(without=_REPORTED_BY_US if level > logging.DEBUG else None))
    logging.root.setLevel(max(level, logging.WARNING))
    logging.captureWarnings(capture=True)


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log the error that ends the process."""
    log.critical("crashed", exc_info=(kind, error, trace))


def _thread_crashed(args: threading.ExceptHookArgs) -> None:
    thread = None if args.thread is None else args.thread.name
    log.error("thread_crashed", thread=thread, exc_info=(args.exc_type, args.exc_value, args.exc_traceback))
