"""Signing in through an identity provider, in a real browser: the way there, the provider's own page, and the way back."""

import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from msgspec import Struct
from playwright.async_api import Browser, Page, expect

from tests.console.conftest import visiting
from tests.console.door import open_door
from tests.console.person import Demo, Person
from tests.console.serving import demo_server
from tests.http.authorization_server import CLIENT_ID, CLIENT_SECRET, AuthorizationServer, authorization_server
from tests.http.identity_provider import AUDIENCE, ISSUER, identity_provider

pytestmark = pytest.mark.asyncio(loop_scope="session")
OWNER, STRANGER = "owner@example.com", "stranger@example.com"
BUTTON = f"Sign in with {urlsplit(ISSUER).netloc}"


class Signing(Struct, frozen=True):
    """A demo whose users sign in at a provider."""

    demo: Demo
    provider: AuthorizationServer

    async def goes(self, page: Page) -> None:
        """Go to the provider's page."""
        await page.goto(self.demo.url)
        await page.get_by_role("link", name=BUTTON).click()
        await expect(page.get_by_role("heading", name="The identity provider")).to_be_visible()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def signing(built: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Signing]:
    """A demo with an identity provider on another site, so that its pages come back as they do on the internet."""
    async with open_door() as door, identity_provider() as keys, authorization_server(keys, OWNER) as provider:
        provider.redirect_uri = f"{door.url}/v1/sign-in/callback"
        settings = {
            "GROUPCHAT_PUBLIC_URL": door.url,
            "GROUPCHAT_OIDC_ISSUER": ISSUER,
            "GROUPCHAT_OIDC_AUDIENCE": AUDIENCE,
            "GROUPCHAT_OIDC_JWKS_URL": keys.url,
            "GROUPCHAT_OIDC_CLIENT_ID": CLIENT_ID,
            "GROUPCHAT_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "GROUPCHAT_OIDC_AUTHORIZATION_URL": f"{provider.site}/authorize",
            "GROUPCHAT_OIDC_TOKEN_URL": f"{provider.url}/token",
        }
        with demo_server(tmp_path_factory.mktemp("provider"), **settings) as demo:
            door.behind = urlsplit(demo.url).port
            async with httpx.AsyncClient(base_url=demo.url, headers={"Authorization": f"Bearer {demo.key}"}) as api:
                provider.workspace_id = (await api.get("/v1/workspace")).json()["id"]
            yield Signing(Demo(door.url, demo.key, demo.restricted), provider)


async def test_a_person_signs_in_at_the_provider_and_reads_the_inbox(browser: Browser, signing: Signing):
    async with visiting(browser, signing.demo, elsewhere=signing.provider.site) as page:
        await signing.goes(page)
        await page.get_by_role("link", name=f"Continue as {OWNER}").click()

        await Person(page, signing.demo).open("House on Elm Street")
        await expect(page.get_by_text("Olivia Park owner")).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("heading", name="House on Elm Street", level=1)).to_be_visible()


async def test_a_person_whom_the_workspace_does_not_know_learns_what_to_do(browser: Browser, signing: Signing):
    signing.provider.email = STRANGER
    try:
        async with visiting(browser, signing.demo, elsewhere=signing.provider.site) as page:
            await signing.goes(page)
            await page.get_by_role("link", name=f"Continue as {STRANGER}").click()

            await expect(page.get_by_text("Ask an owner of your workspace to add you.")).to_be_visible()
            await page.get_by_role("link", name="Back to the console").click()
            await expect(page.get_by_label("API key")).to_be_visible()
    finally:
        signing.provider.email = OWNER


@pytest.mark.parametrize("back", ["Come back with another state", "Cancel"])
async def test_a_way_back_that_is_not_this_browsers_or_was_canceled_signs_nobody_in(browser: Browser, signing: Signing, back: str):
    async with visiting(browser, signing.demo, elsewhere=signing.provider.site) as page:
        await signing.goes(page)
        await page.get_by_role("link", name=back).click()

        await expect(page.get_by_role("heading", name="Not signed in")).to_be_visible()
        await page.goto(signing.demo.url)
        await expect(page.get_by_role("link", name=re.compile(BUTTON))).to_be_visible()
