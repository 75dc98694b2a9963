"""`groupchat workspaces`, `users` and `find`: where an auditor with read access to the database begins (R27)."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.read_only import only_reading
from tests.support.builders import BUSINESS, number
from tests.support.command_line import Command
from tests.support.disputed import Disputed, disputed_in

Found = list[dict[str, Any]]


@pytest.fixture
def disputed(database_url: str) -> Disputed:
    """Ann's workspace: Bob, a contact, had number 2 and has number 3; the group "Saturday crew" has numbers 1 and 2."""
    return asyncio.run(disputed_in(database_url))


@pytest.fixture
def url(database_url: str, disputed: Disputed) -> Iterator[str]:
    """The URL under which it can be read only."""
    with only_reading(database_url) as reading:
        yield reading


def found_by(groupchat: Command, url: str, *words: str) -> Found:
    """Return what is found."""
    ended = groupchat(url, "find", *words, "--json")
    assert (ended.code, ended.err) == (0, ""), ended.err
    return [json.loads(line) for line in ended.out.splitlines()]


def kinds(found: Found) -> list[str]:
    return [each["kind"] for each in found]


def test_workspaces_and_their_users_are_listed(groupchat: Command, url: str, disputed: Disputed):
    workspace_id, user = disputed.world.who.workspace_id, disputed.world.who.user
    (workspace,) = [json.loads(line) for line in groupchat(url, "workspaces", "--json").out.splitlines()]
    assert (workspace["id"], workspace["owners"], workspace["numbers"]) == (workspace_id, [user.email], [BUSINESS])
    (listed,) = [json.loads(line) for line in groupchat(url, "users", workspace_id, "--json").out.splitlines()]
    assert (listed["id"], listed["email"], listed["role"], listed["active"]) == (user.id, user.email, "owner", True)
    assert f"\n{workspace_id}\t" in groupchat(url, "workspaces").out
    assert f"\n{user.id}\t{user.name}\t{user.email}\towner\tactive\t" in groupchat(url, "users", workspace_id).out


def test_a_number_finds_its_contacts_past_and_present_and_its_conversations_R9_R27(
    groupchat: Command, url: str, disputed: Disputed
):
    had, has = found_by(groupchat, url, "(415) 555-0002"), found_by(groupchat, url, "+1 415 555 0003")
    assert (kinds(had), kinds(has)) == (["contact", "conversation"], ["contact"])
    assert (had[0]["numbers"], had[0]["former_numbers"]) == ([number(3)], [number(2)])
    assert (had[1]["id"], had[1]["blocked"]) == (disputed.conversation, True)
    assert had[1]["participants"] == [number(1), f"Bob ({number(2)})"]
    assert kinds(found_by(groupchat, url, "555-0001")) == ["conversation"]


@pytest.mark.parametrize("name", ["BOB", "bób", "saturday CREW"])
def test_a_name_is_found_as_the_search_finds_it_R27(groupchat: Command, url: str, disputed: Disputed, name: str):
    found = found_by(groupchat, url, name)
    assert disputed.conversation in [each["id"] for each in found]
    assert ("contact" in kinds(found)) == ("crew" not in name.lower())


def test_a_period_and_a_workspace_limit_the_results(groupchat: Command, url: str, disputed: Disputed):
    assert kinds(found_by(groupchat, url, "Bob", "--from", "2001-01-01", "--workspace", disputed.world.who.workspace_id)) == [
        "contact",
        "conversation",
    ]
    assert kinds(found_by(groupchat, url, "Bob", "--from", "2999-01-01")) == ["contact"]
    for words in (("Bob", "--to", "2001-01-01"), ("Bob", "--workspace", "wsp_other"), ("Nobody",)):
        ended = groupchat(url, "find", *words)
        assert (ended.code, ended.out, ended.err) == (1, "", "Nothing has, or had, this number or name.\n"), words


def test_each_result_is_one_line_however_long(groupchat: Command, url: str, disputed: Disputed):
    lines = groupchat(url, "find", "Bob", "--tz", "America/New_York").out.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["what", "contact", "conversation"]
    assert f"\t{number(3)} (formerly {number(2)})\t" in lines[1]
    assert lines[2].split("\t")[1:4] == [disputed.conversation, "Saturday crew", f"{number(1)}, Bob ({number(2)})"]
    assert all(" E" in cell for cell in lines[2].split("\t")[4:6])


def test_an_impossible_question_is_refused_with_the_reason(groupchat: Command, url: str):
    assert groupchat(url, "find", " ").code == 2
    unknown = groupchat(url, "users", "wsp_none")
    assert (unknown.code, unknown.err) == (1, "groupchat: There is nothing with the id wsp_none in this database.\n")
