"""Things that a call in `test_access.py` names in braces, made when asked for: `{seen}` is a group that the agent sees."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from groupchat.proof.growing import grow
from groupchat.proof.notes import SigningKey
from groupchat.proof.signing import sign
from tests.http.site import Json, Site, path_of
from tests.http.staff import Staff
from tests.support.builders import BUSINESS, canadian_number, number

_NAMED = re.compile(r"\{(\w+)\}")
PARAMETERS = {
    **dict.fromkeys(("seen", "hidden", "blocked", "hidden_blocked"), "conversation_id"),
    **dict.fromkeys(("message", "hidden_message"), "message_id"),
    **dict.fromkeys(("entry", "hidden_entry"), "entry_id"),
    **dict.fromkeys(("review", "hidden_review"), "review_id"),
    **dict.fromkeys(("mine", "others"), "contact_id"),
    **dict.fromkeys(("me", "owner", "colleague"), "user_id"),
    **dict.fromkeys(("my_key", "colleagues_key", "owners_key"), "key_id"),
    "webhook": "webhook_id",
    **dict.fromkeys(("upload", "hidden_upload"), "media_id"),
    **dict.fromkeys(("member", "phone", "business", "spare_number"), "number"),
}
"""The path parameter of each kind of thing."""

_OWN = ("me", "my_key")
_phones = count(1)


def endpoint_of(call: str) -> tuple[str, str]:
    """Return the method, and the path as the application has it, of a call with things in braces."""
    method, path = call.partition("?")[0].split(" ")
    return method, _NAMED.sub(lambda named: "{" + PARAMETERS.get(named[1], named[1]) + "}", path)


class Stage:
    """A workspace's things, each made once, by the owner; but `{me}` and `{my_key}` are the present caller's."""

    def __init__(self, staff: Staff) -> None:
        self.caller = "owner"
        self._staff = staff
        self._owner = staff.owner
        self._things: dict[str, str] = {"business": BUSINESS, "owner": staff.ids["owner"], "role": "helper", "level": "0"}

    async def filled(self, text: str) -> str:
        """Return a path with its things."""
        for name in _NAMED.findall(text):
            await self.thing(name)
        return _NAMED.sub(lambda named: self._things[named[1]], text)

    async def filled_body(self, body: Any) -> Any:
        """Return a body with its things."""
        match body:
            case dict():
                return {name: await self.filled_body(value) for name, value in body.items()}
            case list():
                return [await self.filled_body(value) for value in body]
            case str():
                return await self.filled(body)
            case _:
                return body

    async def thing(self, name: str) -> str:
        """Return a thing's id."""
        if name not in self._things or name in _OWN:
            make: Callable[[], Awaitable[str]] = getattr(self, f"_{name}")
            self._things[name] = await make()
        return self._things[name]

    # --- contacts and groups

    async def _contact(self, assigned_to: str | None) -> str:
        return (await self._owner.contact(next(_phones), "Ann", assigned_to=assigned_to))["id"]

    async def _external_id(self) -> str:
        return f"crm-{next(_phones)}"

    async def _mine(self) -> str:
        return await self._contact(self._staff.ids["agent"])

    _mine_too = _mine

    async def _others(self) -> str:
        return await self._contact(None)

    async def _group(self, *contacts: str) -> Json:
        participants = [{"contact_id": contact} for contact in contacts]
        made = await self._owner.post("/v1/conversations", {"from": BUSINESS, "participants": participants})
        assert made.status_code == 201, made.text
        return made.json()

    async def _seen(self) -> str:
        group = await self._group(await self._mine(), await self._mine())
        pane = (await self._owner.get(path_of(group, "participants"))).json()
        self._things["member"] = pane["participants"][0]["number"]
        return group["id"]

    async def _member(self) -> str:
        await self.thing("seen")
        return self._things["member"]

    async def _hidden(self) -> str:
        return (await self._group(await self._mine(), await self._others()))["id"]

    async def _message(self) -> str:
        return str((await self._owner.send({"id": await self.thing("seen")}))["id"])

    async def _hidden_message(self) -> str:
        return str((await self._owner.send({"id": await self.thing("hidden")}))["id"])

    async def _marked(self, group: str) -> str:
        pane = (await self._owner.get(path_of({"id": group}, "participants"))).json()
        text = {"from": pane["participants"][0]["number"], "to": BUSINESS, "body": "Please take me off this list."}
        return str((await self._owner.post("/v1/simulator/inbound", text)).json()["message_id"])

    async def _review(self) -> str:
        return await self._marked(await self._seen())

    async def _hidden_review(self) -> str:
        return await self._marked(await self._hidden())

    async def _entry(self) -> str:
        await self._message()
        return f"{await self.thing('seen')}/2/1"

    async def _hidden_entry(self) -> str:
        await self._hidden_message()
        return f"{await self.thing('hidden')}/2/1"

    async def _left(self, contacts: list[str]) -> str:
        """Return a group that somebody left, so that it can be continued."""
        group = await self._group(*contacts)
        out = (await self._owner.get(path_of(group, "participants"))).json()["participants"][0]["number"]
        assert (await self._owner.post(path_of(group, "participants", out, "opt-out"))).status_code == 200
        return group["id"]

    async def _blocked(self) -> str:
        return await self._left([await self._mine() for _ in range(3)])

    async def _hidden_blocked(self) -> str:
        return await self._left([await self._mine(), await self._mine(), await self._others()])

    # --- proof

    async def _proved(self) -> str:
        """Return the position of an event of the workspace that a checkpoint covers."""
        store = self._owner.store
        head = await asyncio.to_thread(store.log.head)
        await asyncio.to_thread(grow, store.database, head)
        await asyncio.to_thread(sign, store.database, SigningKey("example.com/log", bytes(32)))
        return "1"

    async def _tile(self) -> str:
        await self.thing("proved")
        return "000.p/1"

    # --- users and keys

    async def _me(self) -> str:
        return (await self._as_caller().get("/v1/users/me")).json()["id"]

    async def _colleague(self) -> str:
        user = {"name": "Cleo", "email": await self._email(), "role": "member"}
        return (await self._owner.post("/v1/users", user)).json()["id"]

    async def _key_of(self, user: str) -> str:
        return (await self._owner.post(f"/v1/users/{user}/keys")).json()["id"]

    async def _my_key(self) -> str:
        return (await self._as_caller().post(f"/v1/users/{await self.thing('me')}/keys")).json()["id"]

    def _as_caller(self) -> Site:
        return self._owner if self.caller == "nobody" else self._staff[self.caller]

    async def _colleagues_key(self) -> str:
        return await self._key_of(await self.thing("colleague"))

    async def _owners_key(self) -> str:
        return await self._key_of(self._staff.ids["owner"])

    # --- webhooks

    async def _upload(self) -> str:
        return await self._sent(await self.thing("seen"))

    async def _hidden_upload(self) -> str:
        return await self._sent(await self.thing("hidden"))

    async def _sent(self, conversation_id: str) -> str:
        """Upload a file, and send it to a group."""
        card = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\nEND:VCARD\r\n"
        uploaded = (await self._owner.request("POST", "/v1/media", content=card)).json()["id"]
        await self._owner.post(f"/v1/conversations/{conversation_id}/messages", {"media": [{"media_id": uploaded}]})
        return str(uploaded)

    async def _webhook(self) -> str:
        return str((await self._owner.post("/v1/webhooks", {"url": "http://127.0.0.1:9/hooks"})).json()["id"])

    # --- names and numbers that nobody has yet

    async def _email(self) -> str:
        return f"user{next(_phones)}@example.com"

    async def _phone(self) -> str:
        return number(next(_phones))

    async def _spare_number(self) -> str:
        added = await self._owner.post("/v1/numbers", {"number": await self._new_number()})
        return str(added.json()["number"])

    async def _new_number(self) -> str:
        return canadian_number(next(_phones))
