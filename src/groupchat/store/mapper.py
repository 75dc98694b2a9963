"""Maps events to their stored form and back: JSON by msgspec, on top of the library's mapper (cipher, compressor, upcasting)."""

from datetime import datetime
from typing import NoReturn

import msgspec
from eventsourcing.persistence import JSONTranscoder, Mapper, Notification, StoredEvent

from groupchat.values.errors import ExpectedError
from groupchat.values.event import Actor, Cause, Event, Recorded, decode


class UnreadableEventError(ExpectedError):
    """A stored event can't be decoded. Its topic is unknown (perhaps a newer groupchat wrote it), or its state is damaged.

    `position` is the event's if it was read from the log, otherwise 0.
    """

    def __init__(self, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.position = position


class Stored(msgspec.Struct, gc=False):
    """The stored state: the envelope under short keys, and the event's data of shape `v`, untouched."""

    at: datetime
    ws: str
    actor: Actor
    cor: str
    cau: str
    data: msgspec.Raw
    v: int = 1


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Stored).decode
_NOT_THE_LIBRARYS = "groupchat's events are stored with an envelope: use EventMapper.store and EventMapper.restore."


class EventMapper(Mapper[str]):
    """Maps `Recorded` events. The library finds an event's class by its topic."""

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    def to_stored_event(self, domain_event: object) -> NoReturn:
        """Raise `NotImplementedError`: the library's own form of an event has no envelope. Use `store`."""
        raise NotImplementedError(_NOT_THE_LIBRARYS)

    def to_domain_event(self, stored_event: StoredEvent) -> NoReturn:
        """Raise `NotImplementedError`, as `to_stored_event`. Use `restore`."""
        raise NotImplementedError(_NOT_THE_LIBRARYS)

    def store(self, event: Event, stream: str, version: int, at: datetime, cause: Cause) -> StoredEvent:
        """Return the stored form of an event."""
        stored = Stored(
            at=at,
            ws=cause.workspace_id,
            actor=cause.actor,
            cor=cause.correlation_id,
            cau=cause.causation_id,
            data=msgspec.Raw(_encode(event)),
            v=event.class_version,
        )
        return StoredEvent(originator_id=stream, originator_version=version, topic=event.TOPIC, state=self.close(stored))

    def close(self, envelope: Stored) -> bytes:
        """Return the bytes to store for an envelope and its data."""
        state = _encode(envelope)
        if self.compressor:
            state = self.compressor.compress(state)
        if self.cipher:
            state = self.cipher.encrypt(state)
        return state

    def open(self, state: bytes) -> Stored:
        """Return the stored envelope with its data; raises an error of msgspec or of the cipher."""
        if self.cipher:
            state = self.cipher.decrypt(state)
        if self.compressor:
            state = self.compressor.decompress(state)
        return _decode(state)

    def restore(self, stored: StoredEvent, position: int = 0) -> Recorded:
        """Return a stored event with its envelope; raises `UnreadableEventError`."""
        position = stored.id if isinstance(stored, Notification) else position
        try:
            envelope = self.open(stored.state)
            event = decode(stored.topic, envelope.data, envelope.v)
        except Exception as error:
            msg = f"Event {stored.originator_id}/{stored.originator_version} ({stored.topic}) can't be read: {error}"
            raise UnreadableEventError(msg, position) from error
        return Recorded(
            event=event,
            stream=str(stored.originator_id),
            version=stored.originator_version,
            position=position,
            at=envelope.at,
            cause=Cause(
                workspace_id=envelope.ws,
                actor=envelope.actor,
                correlation_id=envelope.cor,
                causation_id=envelope.cau,
            ),
        )
