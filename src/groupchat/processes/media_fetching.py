"""Media fetching: what people send is fetched from the carrier, kept in the media store, and recorded as kept or missing (R46).

Carriers keep files for hours or weeks, and may not have one yet when they report its message. So a file that can't be fetched is
put off, with pauses that grow with its age, for as long as the carrier may still have it. Then it is missing. Each message is put
off alone, and holds up no other.

A process that dies begins again: a file is kept under its hash, and a file that is recorded already is not fetched again.
"""

import asyncio
from datetime import timedelta
from tempfile import SpooledTemporaryFile
from typing import Literal

import structlog
from prometheus_client import Counter
from prometheus_client.registry import Collector

from groupchat.aggregates.group_events import InboundReceived, Media
from groupchat.aggregates.media import FileFacts
from groupchat.commands import media
from groupchat.commands.inbound import carrier_of
from groupchat.commands.streams import MEDIA
from groupchat.media.checking import check
from groupchat.media.fetching import Fetcher, NotNowError, NotThereError, RefusedFileError
from groupchat.media.kinds import MediaTypeError
from groupchat.media.pictures import in_turn
from groupchat.media.port import MediaStore, MediaStoreError
from groupchat.processes.process import PutOffError
from groupchat.store.event_store import EventStore
from groupchat.store.terms import NO_TERMS, Terms
from groupchat.values.event import Recorded

AT_ONCE = 8
"""The number of files that are fetched at the same time."""
NOT_THERE_SECONDS = 900.0
"""A carrier that says for so long that it doesn't have a file will never have it."""
UNKNOWN_CARRIER_SECONDS = timedelta(days=2).total_seconds()
"""The time to configure a carrier again that the settings no longer name, before its files are missing."""
_SHORTEST_PAUSE = 5.0
_LONGEST_PAUSE = 3_600.0
_IN_MEMORY = 1_048_576
"""A larger file is written to a temporary file while it is fetched."""

Outcome = Literal["kept", "missing", "put_off"]

log = structlog.get_logger()


class FetchCounts:
    """Counts what became of the attempts to fetch files."""

    def __init__(self) -> None:
        self._files = Counter(
            "groupchat_media_fetches",
            "Attempts to fetch a file that a participant sent: kept, missing, or put off.",
            ("carrier", "outcome"),
            registry=None,
        )

    @property
    def collectors(self) -> tuple[Collector, ...]:
        """The metrics that a registry collects."""
        return (self._files,)

    def count(self, carrier: str, outcome: Outcome) -> None:
        """Count one attempt."""
        self._files.labels(carrier, outcome).inc()


class MediaFetching:
    """The reaction."""

    name = "media_fetching"

    def __init__(self, store: EventStore, media_store: MediaStore, fetcher: Fetcher, counts: FetchCounts | None = None) -> None:
        self._store = store
        self._media_store = media_store
        self._fetcher = fetcher
        self._counts = counts or FetchCounts()
        self._gate = asyncio.Semaphore(AT_ONCE)

    def key(self, recorded: Recorded) -> str | None:
        """Return the id of a message with files that a participant sent."""
        match recorded.event:
            case InboundReceived(message_id=message_id, media=files) if files:
                return message_id
            case _:
                return None

    async def react(self, recorded: Recorded, terms: Terms = NO_TERMS) -> None:
        """Fetch a message's files. Raises `PutOffError` for those that may still come, when the others are recorded."""
        if not isinstance(written := recorded.event, InboundReceived):
            return
        reasons = [reason for file in written.media if (reason := await self._settle(recorded, written, file, terms)) is not None]
        if reasons:
            raise PutOffError(reasons[0], min(max(self._age(recorded) / 2, _SHORTEST_PAUSE), _LONGEST_PAUSE))

    async def _settle(self, recorded: Recorded, written: InboundReceived, file: Media, terms: Terms) -> str | None:
        """Record a file as kept or missing; return the reason if neither is certain yet."""
        if file.media_id is None or await self._store.load_fresh(MEDIA, file.media_id) is not None:
            return None
        carrier, cause = carrier_of(recorded), recorded.causes(self.name)
        place = (file.media_id, written.message_id, recorded.stream)
        try:
            kept = await self._fetch(carrier, file.url)
        except (NotNowError, MediaStoreError) as error:
            if not self._is_over(recorded, carrier, error):
                self._counts.count(carrier, "put_off")
                log.warning("media_put_off", media_id=file.media_id, carrier=carrier, reason=str(error))
                return str(error)
            reason = f"It could not be fetched from the carrier: {error}."
        except RefusedFileError as error:
            reason = str(error)
        else:
            await self._store.run_under(terms, cause, media.keep, *place, kept)
            self._counts.count(carrier, "kept")
            return None
        await self._store.run_under(terms, cause, media.miss, *place, reason)
        self._counts.count(carrier, "missing")
        return None

    async def _fetch(self, carrier: str, url: str) -> FileFacts:
        async with self._gate:
            with SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
                await self._fetcher.fetch(carrier, url, file)
                try:
                    checked = await in_turn(check, file)
                except MediaTypeError as error:
                    raise RefusedFileError(error.detail) from error
                await self._media_store.put(checked.facts.sha256, checked.file)
        return checked.facts

    def _is_over(self, recorded: Recorded, carrier: str, error: Exception) -> bool:
        """Return whether the carrier certainly has the file no longer. What our own store can't keep now is not missing."""
        if isinstance(error, MediaStoreError):
            return False
        source = self._fetcher.sources.get(carrier)
        kept = UNKNOWN_CARRIER_SECONDS if source is None else source.kept_seconds
        return self._age(recorded) > (min(NOT_THERE_SECONDS, kept) if isinstance(error, NotThereError) else kept)

    def _age(self, recorded: Recorded) -> float:
        return (self._store.now() - recorded.at).total_seconds()
