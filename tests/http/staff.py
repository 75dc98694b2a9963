"""The staff of a workspace: one caller for each kind of right (R20 to R23), added by the owner over HTTP."""

from typing import Any

import httpx

from tests.http.site import Json, Site
from tests.support.builders import BUSINESS, number

USERS = "/v1/users"

HIRED: dict[str, Json] = {
    "admin": {"role": "admin"},
    "member": {"role": "member"},
    "clerk": {"role": "clerk"},
    "dispatcher": {"role": "dispatcher"},
    "agent": {"role": "member", "assigned_only": True},
    "auditor": {"role": "auditor"},
}
"""`clerk` and `dispatcher` are roles of the workspace's own; only the second may create groups. `agent` is restricted (R22)."""

ROLES = {"clerk": False, "dispatcher": True}


def keys_of(user_id: str, *rest: str) -> str:
    """Return the path of a user's keys, or of one."""
    return "/".join((USERS, user_id, "keys", *rest))


async def created_by(caller: Site, first: int) -> httpx.Response:
    """Let a caller create a group; return the response."""
    participants = [{"number": number(first + n)} for n in (0, 1)]
    return await caller.post("/v1/conversations", {"from": BUSINESS, "participants": participants})


class Staff:
    """The callers by name, with `owner`, and `stranger`, who owns another workspace; and the ids of all but the last."""

    def __init__(self, owner: Site) -> None:
        self.owner = owner
        self.callers = {"owner": owner}
        self.ids = {"owner": owner.world.who.user.id}

    def __getitem__(self, name: str) -> Site:
        return self.callers[name]

    async def hire(self, name: str, **given: Any) -> Site:
        """Add a user and return the API for them."""
        user = {"name": name.title(), "email": f"{name}@example.com"} | given
        response = await self.owner.post(USERS, user)
        assert response.status_code == 201, response.text
        added = response.json()
        self.ids[name] = added["id"]
        self.callers[name] = self.owner.with_key(added["api_key"])
        return self.callers[name]


async def staffed(owner: Site) -> Staff:
    """Return everybody."""
    staff = Staff(owner)
    for role, group_chat in ROLES.items():
        assert (await owner.put(f"/v1/roles/{role}", {"group_chat": group_chat})).status_code == 200
    for name, given in HIRED.items():
        await staff.hire(name, **given)
    staff.callers["stranger"] = await owner.stranger()
    return staff
