"""The pages agree with the code, and their links work."""

import re
from typing import get_args

import msgspec
import pytest

from docs import generate
from groupchat import cli, settings
from groupchat.bootstrap import running
from groupchat.carriers.bandwidth import adapter as bandwidth
from groupchat.carriers.simulator.behaviors import Behavior
from groupchat.carriers.telnyx import adapter as telnyx
from groupchat.carriers.twilio import adapter as twilio
from groupchat.cli import serving
from groupchat.commands import streams
from groupchat.proof.notes import SigningKey
from groupchat.settings import Settings
from groupchat.store.decision import StreamKind
from groupchat.values.event import EVENT_TYPES
from tests.docs.pages import PAGES, ROOT, section, without_blocks

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def test_the_event_catalog_is_fresh():
    assert generate.PAGE.read_text() == generate.page(), "run `python docs/generate.py`"


def test_every_event_is_in_the_catalog_once():
    listed = re.findall(r"^### `(groupchat\..+)`$", generate.page(), re.MULTILINE)

    assert sorted(listed) == sorted(EVENT_TYPES)


def test_the_settings_table_is_the_codes_own():
    assert rows(section((ROOT / "docs" / "settings.md").read_text(), "Settings")) == rows(settings.__doc__ or "")


def test_the_settings_table_has_every_setting_with_its_default():
    table = {variable: default for variable, _, default in rows(settings.__doc__ or "")}

    assert table == {
        f"`{settings.PREFIX}{field.name.upper()}`": "unset" if field.default is None else f"`{as_variable(field.default)}`"
        for field in msgspec.structs.fields(Settings)
    }, "the docstring of settings.py has a row for each setting"


def test_every_command_is_described():
    described = [re.findall(r"groupchat (\w+)", command)[0] for command, _ in rows(section(OPERATIONS, "Commands"))]

    assert sorted(described) == sorted(name for name, *_ in cli.COMMANDS)


async def test_every_worker_is_described(sqlite_url):
    described = [name.strip("`") for name, _ in rows(section(OPERATIONS, "Workers"))]
    key = SigningKey.generate("example.com/log").secret()

    twilio_needs = dict.fromkeys(settings.CARRIERS["twilio"], "x") | {"public_url": "https://chat.example.com"}
    chosen = Settings(database_url=sqlite_url, kafka_bootstrap_servers="127.0.0.1:1", audit_key=key, **twilio_needs)

    async with running(chosen) as system:
        assert described == list(system.workers), "docs/operations.md describes each worker, in this order"
    assert [name for name in described if name not in (serving.work.__doc__ or "")] == [], "the help of `work` names each worker"


def test_the_sizes_of_files_that_carriers_take_are_the_ones_that_are_described_R43():
    lines = (ROOT / "docs" / "carriers.md").read_text().splitlines()
    described = next(line for line in lines if line.startswith("| size of a message's files"))

    limits = [each.LIMITS.media_bytes or 0 for each in (telnyx, bandwidth, twilio)]
    assert described.endswith("| {:g} MB | {:g} MB | {:g} MB |".format(*(limit / 1_000_000 for limit in limits)))


def test_every_switch_of_the_simulated_carrier_is_described():
    guide = (ROOT / "docs" / "carriers.md").read_text()

    assert [row[0].strip("`") for row in rows(section(guide, "Simulated carrier"))] == list(get_args(Behavior))


def test_every_rule_is_described_once():
    rules = [int(rule) for rule in re.findall(r"^\| R(\d+) \|", (ROOT / "docs" / "product.md").read_text(), re.MULTILINE)]

    assert len(rules) == len(set(rules))
    assert set(rules) >= set(range(1, 36))


def test_the_files_that_the_pages_name_are_there():
    path = re.compile(r"`(\w+/(?:\w+/)*\w+\.py)`")
    packages = {path.name for path in (ROOT / "src" / "groupchat").iterdir() if path.is_dir()}
    text = "".join((ROOT / "docs" / page).read_text() for page in ("product.md", "ARCHITECTURE.md"))
    named = {found for found in path.findall(text) if found.split("/")[0] in packages}

    assert len(named) > 40
    assert {path for path in named if not (ROOT / "src" / "groupchat" / path).is_file()} == set()


def test_every_kind_of_stream_is_described_with_its_aggregate():
    _, table = section((ROOT / "docs" / "ARCHITECTURE.md").read_text(), "Code map").split("### Streams")
    kinds = [kind for kind in vars(streams).values() if isinstance(kind, StreamKind)]
    described = {
        (stream.strip("`").split("<")[0].removesuffix("..."), aggregate.strip("`")) for stream, aggregate, *_ in rows(table)
    }

    assert {prefix for prefix, _ in described} == {kind.prefix for kind in kinds}
    assert {aggregate for _, aggregate in described} <= {kind.decide.__module__.rsplit(".", 1)[1] for kind in kinds}


def test_the_glossary_says_where_each_term_is_in_the_code():
    text = (ROOT / "docs" / "glossary.md").read_text()
    entries = [line.rstrip(" |").rsplit("| ", 1)[1] for line in text.splitlines() if re.match(r"^\| (?!term|---)", line)]

    assert len(entries) > 40
    assert [entry for entry in entries if not (ROOT / "src" / "groupchat" / entry.strip("`")).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", without_blocks(page.read_text())):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found.read_text()), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_folder_of_a_machine(page):
    """Except those of an installation, which operators create."""
    folders = r"(?<![\w.:/>$}-])/(?!opt/groupchat|var/lib/groupchat)(?:home|root|tmp|Users|usr|opt|work|mnt|var)/\S+"

    assert re.findall(folders, page.read_text()) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_prose_is_wrapped(page):
    """Except in tables and HTML, which can't be, and in the catalog, which is made."""
    lines = [] if page == generate.PAGE else without_blocks(page.read_text()).splitlines()

    assert [line for line in lines if len(line) > 140 and not line.lstrip().startswith(("|", "<"))] == []


def test_the_readme_is_short_enough_to_read():
    assert len((ROOT / "README.md").read_text().splitlines()) < 150


def test_the_license_is_the_apache_license():
    text = (ROOT / "LICENSE").read_text()

    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert text.rstrip().endswith("limitations under the License.")


def rows(text: str) -> list[list[str]]:
    """Return the rows of a table whose first column is code."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def as_variable(default: object) -> str:
    """Return a default as it is written in the environment."""
    return msgspec.json.encode(default).decode().strip('"')


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as Markdown viewers make them."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
