"""Files of messages in the console: picked, pasted or dropped, uploaded, sent and shown."""

import re
from base64 import b64encode

import pytest
from playwright.async_api import Locator, Route, expect

from tests.console.numbers import as_shown, fresh_number
from tests.console.person import Person
from tests.media.files import picture

pytestmark = pytest.mark.asyncio(loop_scope="session")
COMPOSER = re.compile("^Message to")
PLAN = {"name": "plan.jpg", "mimeType": "image/jpeg", "buffer": picture().getvalue()}
_GIVE = """
(field, {kind, content}) => {
  const given = new DataTransfer();
  const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
  given.items.add(new File([bytes], `${kind}.jpg`, { type: "image/jpeg" }));
  const how = { bubbles: true, cancelable: true };
  if (kind === "paste") field.dispatchEvent(new ClipboardEvent("paste", { ...how, clipboardData: given }));
  else field.dispatchEvent(new DragEvent("drop", { ...how, dataTransfer: given }));
}
"""


def attached(person: Person) -> Locator:
    """The files of the draft."""
    return person.page.get_by_role("list", name="Attached files").get_by_role("listitem")


async def test_files_are_attached_sent_without_a_text_and_shown_R46(owner: Person):
    await owner.new_group("Floor plans", "Ann Lee", as_shown(fresh_number()))
    await owner.page.get_by_label("Files", exact=True).set_input_files(PLAN)
    for kind in ("paste", "drop"):
        content = b64encode(picture(size=(30, 30)).getvalue()).decode()
        await owner.page.get_by_label(COMPOSER).evaluate(_GIVE, {"kind": kind, "content": content})
    await expect(attached(owner)).to_have_count(3)
    await expect(owner.page.get_by_role("progressbar")).to_have_count(0)
    assert await owner.violations() == []

    await owner.page.get_by_role("button", name="Remove drop.jpg").click()
    await owner.press("Send")

    await expect(attached(owner)).to_have_count(0)
    shown = owner.page.get_by_role("log", name="Messages").get_by_role("img", name="Picture from you")
    await expect(shown).to_have_count(2)
    await expect(shown.first).to_have_js_property("complete", value=True)
    assert await shown.first.evaluate("picture => picture.naturalWidth") > 0
    assert await owner.violations() == []


async def test_attached_files_stay_with_the_draft_and_a_failed_upload_says_why_R46(owner: Person):
    await owner.new_group("Failed files", "Ann Lee", as_shown(fresh_number()))
    picker = owner.page.get_by_label("Files", exact=True)
    await picker.set_input_files(PLAN)
    await expect(owner.page.get_by_role("progressbar")).to_have_count(0)
    await picker.set_input_files({"name": "tool.exe", "mimeType": "application/octet-stream", "buffer": b"MZ\x90\0" * 64})
    await expect(attached(owner).filter(has_text="tool.exe").get_by_role("alert")).to_be_visible()
    await expect(owner.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    await owner.page.get_by_role("button", name="Remove tool.exe").click()

    await owner.page.route("**/v1/media", _unreachable)
    await picker.set_input_files(PLAN | {"name": "later.jpg"})
    await expect(attached(owner).filter(has_text="later.jpg").get_by_role("alert")).to_have_text(re.compile("can't be reached"))
    await owner.page.unroute("**/v1/media")
    await owner.press("Try again")
    await expect(owner.page.get_by_role("progressbar")).to_have_count(0)
    await owner.page.reload()

    await expect(attached(owner)).to_have_count(2)
    await owner.press("Send")
    await expect(owner.page.get_by_role("img", name="Picture from you")).to_have_count(2)


async def _unreachable(route: Route) -> None:
    await route.abort()
