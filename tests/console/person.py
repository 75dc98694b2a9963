"""A person in front of the console, who uses what is visible: names of buttons and fields, never the page's inner structure."""

import re

import httpx
from axe_playwright_python.base import AXE_SCRIPT
from msgspec import Struct
from playwright.async_api import Locator, Page, expect

_OBSTACLES = """asked => axe.run({ resultTypes: ["violations"], ...asked }).then(({ violations }) =>
  violations.map(({ id, help, nodes }) => `${id}: ${help} ${nodes[0].html}`))"""
_OF_COLORS = {"runOnly": ["color-contrast", "link-in-text-block"]}
"""The rules of axe that judge colors."""


class Demo(Struct, frozen=True):
    """A demo's server: its address, the owner's API key, and the address that it printed for the restricted user."""

    url: str
    key: str
    restricted: str

    async def sign_in_address(self) -> str:
        """Return an address that signs the owner in once, as the server prints one."""
        async with httpx.AsyncClient(base_url=self.url, headers={"Authorization": f"Bearer {self.key}"}) as api:
            me = (await api.get("/v1/users/me")).json()["id"]
            return f"{self.url}/#sign-in={(await api.post(f'/v1/users/{me}/keys')).json()['api_key']}"

    async def end_sessions(self) -> None:
        """End the owner's sessions in all browsers: a user can have only so many keys."""
        async with httpx.AsyncClient(base_url=self.url, headers={"Authorization": f"Bearer {self.key}"}) as api:
            keys = f"/v1/users/{(await api.get('/v1/users/me')).json()['id']}/keys"
            for each in (await api.get(keys)).json()["items"]:
                if each["label"] == "Browser session":
                    await api.delete(f"{keys}/{each['id']}")


class Person(Struct, frozen=True):
    """What a person does."""

    page: Page
    demo: Demo

    async def open(self, conversation: str) -> None:
        """Choose a conversation of the inbox."""
        await self.page.get_by_label("Conversations").get_by_role("link", name=re.compile(re.escape(conversation))).click()
        await expect(self.page.get_by_role("heading", name=conversation, level=1)).to_be_visible()

    async def write(self, body: str) -> None:
        """Write a message and press Enter."""
        await self.page.get_by_label(re.compile("^Message to")).fill(body)
        await self.page.keyboard.press("Enter")

    def message(self, body: str) -> Locator:
        """A message in the thread."""
        return self.page.get_by_role("log", name="Messages").get_by_text(body, exact=True)

    async def press(self, name: str | re.Pattern[str]) -> None:
        """Press a button, or follow a link that looks like one."""
        button = self.page.get_by_role("button", name=name, exact=True)
        await button.or_(self.page.get_by_role("link", name=name, exact=True)).first.click()

    async def new_group(self, name: str, *people: str) -> None:
        """Create a group of contacts and numbers."""
        await self.press("New group")
        for each in people:
            await self.choose(each)
        await self.page.get_by_label("Name of the group").fill(name)
        await self.press("Create group")
        await expect(self.page.get_by_role("heading", name=name, level=1)).to_be_visible()

    async def choose(self, participant: str) -> None:
        """Choose a participant of a new group."""
        await self.page.get_by_role("combobox", name="Participants").fill(participant)
        await self.page.get_by_role("option", name=re.compile(re.escape(participant))).first.click()

    async def violations(self) -> list[str]:
        """The obstacles for people with disabilities that a machine can find."""
        return await self._obstacles({})

    async def violations_in_both_themes(self) -> list[str]:
        """The same, and the obstacles of the dark theme, which has other colors and nothing else."""
        found = await self.violations()
        await self.page.emulate_media(color_scheme="dark")
        found += [f"dark {each}" for each in await self._obstacles(_OF_COLORS)]
        await self.page.emulate_media(color_scheme="light")
        return found

    async def _obstacles(self, asked: dict[str, list[str]]) -> list[str]:
        if await self.page.evaluate("!('axe' in window)"):
            await self.page.evaluate(AXE_SCRIPT)
        found: list[str] = await self.page.evaluate(_OBSTACLES, asked)
        return found
