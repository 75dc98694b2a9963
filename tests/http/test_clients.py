"""What others make of the OpenAPI document: public linters find nothing in it, and generators make clients that work."""

import json
import sys
from importlib import import_module

import pytest

from groupchat.values.event import EVENT_TYPES
from nodejs.run import NodeError
from openapi import tools
from tests.support.builders import number
from tests.support.tools import install

PROGRAM = """
import type { components, paths } from "./groupchat";

type StoredEvent = components["schemas"]["StoredEvent"];
type Refused = paths["/v1/conversations"]["post"]["responses"]["422"]["content"]["application/problem+json"];

export function shown(event: StoredEvent): string | null {
  switch (event.type) {
    case "groupchat.conversation.message_sent":
      return event.data.body;
    case "groupchat.conversation.renamed":
      // @ts-expect-error - a rename has no body
      return event.data.body;
    default:
      return event.type;
  }
}

export function rules(problem: Refused): string[] {
  return problem.type === "/problems/invalid-group" ? problem.violations.map((each) => each.rule) : [];
}
"""


@pytest.fixture(scope="session")
def _installed() -> None:
    """The tools; they are fetched if they are not there."""
    install(tools.install, tools.BUILD, "linters and generators")


@pytest.fixture(scope="module")
def document(_installed, tmp_path_factory):
    return tools.write(tmp_path_factory.mktemp("document") / "openapi.json")


@pytest.mark.parametrize("lint", [tools.redocly, tools.spectral])
def test_the_linter_accepts_the_document(lint, document):
    lint(document)


@pytest.mark.parametrize("lint", [tools.redocly, tools.spectral])
def test_the_linter_finds_faults(lint, document, tmp_path):
    whole = json.loads(document.read_text())
    wrong = {"openapi": whole["openapi"], "info": whole["info"], "paths": {"/v1/{x}": {"get": {"responses": {}}}}}
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(wrong))

    with pytest.raises(NodeError):
        lint(path)


def test_the_types_for_typescript_compile_and_distinguish_events_and_problems(document, tmp_path):
    program = tmp_path / "program.ts"
    program.write_text(PROGRAM)

    tools.typescript(document, program)


async def test_the_client_for_python_is_complete_and_reads_the_servers_responses(document, tmp_path, monkeypatch, plain_site):
    output = tools.python(document, tmp_path / "generated_client")
    operations = [each for methods in json.loads(document.read_text())["paths"].values() for each in methods.values()]

    assert "WARNING" not in output
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for each in operations:
        assert import_module(f"generated_client.api.{each['tags'][0]}.{each['operationId']}")
    models = import_module("generated_client.models")
    client = import_module("generated_client").AuthenticatedClient(base_url="http://test", token=plain_site.key)
    client.set_async_httpx_client(plain_site.client)
    plain_site.client.headers["Authorization"] = f"Bearer {plain_site.key}"
    create = import_module("generated_client.api.contacts.create_contact")
    created = await create.asyncio(client=client, body=models.ContactInput(name="Bob", number=number(1)))
    group = await plain_site.group(1, 2)
    read = import_module("generated_client.api.history.read_history")
    history = await read.asyncio(group["id"], client=client)

    assert (created.name, created.created_at.utcoffset().seconds) == ("Bob", 0)
    assert isinstance(history.items[0], models.ConversationCreated)
    assert [each.number for each in history.items[0].data.roster] == [number(1), number(2)]


def test_each_type_of_event_is_a_type_of_the_document(document):
    schemas = json.loads(document.read_text())["components"]["schemas"]
    mapping = schemas["StoredEvent"]["discriminator"]["mapping"]

    assert mapping.keys() == EVENT_TYPES.keys()
    for type_, reference in mapping.items():
        properties = schemas[reference.rpartition("/")[2]]["properties"]
        assert properties["type"]["enum"] == [type_]
        assert properties["data"]["required"] == list(properties["data"]["properties"])
