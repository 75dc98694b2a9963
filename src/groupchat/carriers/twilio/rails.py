"""Rails: the conversation at Twilio for each business number and set of participants, found again by a name made of both.

Creating one texts nobody, so an unclear call for it is simply repeated. Twilio allows only one conversation with the same
participants. If people began it by writing, Twilio created it without our name, and we add the name.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from groupchat.carriers import shapes
from groupchat.carriers.calls import Calls, CarrierAnswer
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError, Outgoing
from groupchat.carriers.twilio.answers import INITIALIZING, NAME_TAKEN, NOT_FOUND, SET_EXISTS, STATE_SECONDS, error_of
from groupchat.carriers.twilio.reading import listed

_INITIALIZING = "initializing"
CLOSED = "closed"
_LONGEST_CHAIN = 10
"""The maximum number of closed rails of one set to look through."""
_CACHED = 10_000


class Rail(Struct, frozen=True):
    """A conversation at Twilio: its id and state."""

    sid: str
    state: str


class People(Struct, frozen=True):
    """The people in a conversation: their numbers by their participant's id, and the business number, if it is there."""

    numbers: Mapping[str, str]
    ours: str | None


class Rails:
    """The rails of one account. Rails that accept messages are cached, by name."""

    def __init__(self, calls: Calls, messaging_service_sid: str) -> None:
        self._calls = calls
        self._messaging_service_sid = messaging_service_sid
        self._ready: dict[str, str] = {}

    async def all_of(self, outgoing: Outgoing) -> list[Rail]:
        """Return all rails that a message may have been posted to, the newest last. Only that one may be open.

        Raises `CarrierRefusedError` if Twilio does not say, for now.
        """
        return (await self._chain(outgoing))[1]

    async def ready(self, outgoing: Outgoing) -> str:
        """Return the id of a message's rail, created if need be. Raises `CarrierRefusedError`: nothing was posted."""
        cached = self._ready.get(name_of(outgoing))
        if cached is not None:
            return cached
        name, rails = await self._chain(outgoing)
        sid = rails[-1].sid if rails and rails[-1].state != CLOSED else await self._create(outgoing, name)
        if rails and rails[-1].state == _INITIALIZING:
            raise CarrierRefusedError(INITIALIZING, "Twilio is setting up the group", retry_after=STATE_SECONDS)
        if len(self._ready) >= _CACHED:
            self._ready.clear()
        self._ready[name_of(outgoing)] = sid
        return sid

    def forget(self, outgoing: Outgoing) -> None:
        """Forget a message's rail, so that it is looked up again the next time."""
        self._ready.pop(name_of(outgoing), None)

    async def _chain(self, outgoing: Outgoing) -> tuple[str, list[Rail]]:
        """Return a message's rails, and the name for the next one if the last one is closed.

        A closed rail keeps its name, so the name of its replacement is made of that name and its id.
        """
        name, rails = name_of(outgoing), list[Rail]()
        while len(rails) < _LONGEST_CHAIN:
            answer = await self._get(f"/Conversations/{name}")
            if answer.status == NOT_FOUND:
                return name, rails
            rails.append(Rail(shapes.text(answer.body, "sid"), shapes.text(answer.body, "state")))
            if rails[-1].state != CLOSED:
                return name, rails
            name = _hashed(f"{name} {rails[-1].sid}")
        msg = "Twilio closes the group's conversation each time it is created"
        raise CarrierRefusedError(CLOSED, msg)

    async def _create(self, outgoing: Outgoing, name: str) -> str:
        binding = [{"projected_address": outgoing.from_}, *({"address": number} for number in outgoing.to)]
        form = {
            "UniqueName": name,
            "MessagingServiceSid": self._messaging_service_sid,
            "Participant": [_json({"messaging_binding": each}) for each in binding],
        }
        answer = await self._post("/ConversationWithParticipants", form)
        code = shapes.text(answer.body, "code")
        if code == SET_EXISTS:
            return await self._adopt(outgoing, name)
        if answer.taken and shapes.text(answer.body, "state") == "active":
            return shapes.text(answer.body, "sid")
        if answer.taken or code == NAME_TAKEN:
            raise CarrierRefusedError(INITIALIZING, "Twilio is setting up the group", retry_after=STATE_SECONDS)
        raise _refused(answer)

    async def _adopt(self, outgoing: Outgoing, name: str) -> str:
        """Give our name to the conversation that Twilio has for these participants."""
        asked = {"Address": outgoing.to[0], "PageSize": "50"}
        try:
            async for each in listed(self._get, "/ParticipantConversations", "conversations", asked):
                sid, state = shapes.text(each, "conversation_sid"), shapes.text(each, "conversation_state")
                if state != CLOSED and _is_of(await self.people(sid), outgoing):
                    renamed = await self._post(f"/Conversations/{quote(sid)}", {"UniqueName": name})
                    if renamed.taken:
                        return sid
                    raise _refused(renamed)
        except CarrierUnclearError as error:
            raise _for_now(error.reason) from error
        raise CarrierRefusedError(SET_EXISTS, "Twilio has a conversation with this set, but doesn't show it", retry_after=60.0)

    async def people(self, sid: str) -> People:
        """Return the people in a conversation. Raises `CarrierRefusedError` if they can't be read now."""
        answer = await self._get(f"/Conversations/{quote(sid)}/Participants", {"PageSize": "50"})
        if not answer.taken:
            raise _refused(answer)
        listed = shapes.listed(answer.body, "participants")
        if listed is None:
            reason = "the response has no list of participants"
            raise _for_now(reason)
        numbers, ours = dict[str, str](), None
        for each in listed:
            binding = shapes.at(each, "messaging_binding")
            person = shapes.number(shapes.text(binding, "address"))
            ours = ours or shapes.number(shapes.text(binding, "projected_address"))
            if person is not None:
                numbers[shapes.text(each, "sid")] = person
        return People(numbers, ours)

    async def _get(self, path: str, params: dict[str, str] | None = None) -> CarrierAnswer:
        try:
            answer = await self._calls.get(path, params=params)
        except CarrierUnclearError as error:
            raise _for_now(str(error)) from error
        if not answer.taken and answer.status != NOT_FOUND:
            raise _refused(answer)
        return answer

    async def _post(self, path: str, form: dict[str, Any]) -> CarrierAnswer:
        try:
            return await self._calls.post(path, data=form)
        except CarrierUnclearError as error:
            raise _for_now(str(error)) from error


def name_of(outgoing: Outgoing) -> str:
    """Return the name of the rail for a business number and a set of participants."""
    return _hashed(" ".join((outgoing.from_, *sorted(outgoing.to))))


def _hashed(text: str) -> str:
    return "gc-" + hashlib.sha256(text.encode()).hexdigest()[:40]


def _is_of(people: People, outgoing: Outgoing) -> bool:
    return people.ours == outgoing.from_ and set(people.numbers.values()) == set(outgoing.to)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _refused(answer: CarrierAnswer) -> CarrierRefusedError:
    error = error_of(answer)
    return error if isinstance(error, CarrierRefusedError) else _for_now(error.reason)


def _for_now(reason: str) -> CarrierRefusedError:
    """Return the error for a rail's call that may have arrived: nothing was posted, so it can be repeated."""
    return CarrierRefusedError("unclear", reason, retry_after=STATE_SECONDS)
