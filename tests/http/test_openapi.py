"""The OpenAPI document: valid, complete, and with examples that are what the API really takes and gives."""

import json
from importlib import import_module
from pkgutil import iter_modules

import msgspec
import schemathesis

from groupchat.http import routes
from groupchat.http.app import ENDPOINTS, SIMULATOR, document
from groupchat.http.calls.endpoint import Endpoint
from groupchat.http.calls.handled import Handled, Unadmitted
from groupchat.http.documents.problems import PROBLEMS
from groupchat.webhooks.message import WebhookMessage

ALL = (*ENDPOINTS, *SIMULATOR)
OPERATIONS_OF_ROUTES = (Endpoint, Handled, Unadmitted)
DOCUMENT = document(ALL)
ENDPOINTS_ALONE = [each for each in ALL if isinstance(each, Endpoint)]
OPERATIONS = [(path, method, each) for path, methods in DOCUMENT["paths"].items() for method, each in methods.items()]


def resolved(node):
    """Return the target of a `$ref`."""
    while isinstance(node, dict) and "$ref" in node:
        name = node["$ref"].removeprefix("#/").split("/")
        node = DOCUMENT
        for part in name:
            node = node[part]
    return node


def references(node):
    if isinstance(node, dict):
        yield from ([node["$ref"]] if "$ref" in node else [])
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def test_the_document_is_valid_openapi_3_1():
    assert DOCUMENT["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(json.loads(json.dumps(DOCUMENT))).validate()
    for reference in set(references(DOCUMENT)):
        assert resolved({"$ref": reference})


def test_a_failed_precondition_is_documented_where_one_can_be_given():
    for path, method, operation in OPERATIONS:
        takes = any(resolved(each)["name"] == "If-Match" for each in operation.get("parameters", ()))
        assert ("412" in operation["responses"]) == takes, (method, path)


def test_every_path_of_the_contract_exists():
    assert {path for path, _, _ in OPERATIONS} >= {
        "/v1/policy",
        "/v1/numbers",
        "/v1/numbers/{number}",
        "/v1/contacts",
        "/v1/contacts/{contact_id}",
        "/v1/conversations",
        "/v1/conversations/{conversation_id}",
        "/v1/conversations/{conversation_id}/messages",
        "/v1/conversations/{conversation_id}/participants",
        "/v1/conversations/{conversation_id}/participants/{number}/opt-out",
        "/v1/conversations/{conversation_id}/successor",
        "/v1/conversations/{conversation_id}/read",
        "/v1/conversations/{conversation_id}/history",
        "/v1/ledger",
        "/v1/simulator/inbound",
        "/v1/simulator/handsets/{number}",
        "/healthz",
        "/readyz",
    }
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)


def test_every_endpoint_of_the_routes_is_in_the_application():
    modules = [import_module(f"{routes.__name__}.{found.name}") for found in iter_modules(routes.__path__)]
    written = [value for module in modules for value in vars(module).values() if isinstance(value, OPERATIONS_OF_ROUTES)]

    assert len(written) > 30
    assert [each.operation.path for each in written if not any(each is served for served in ALL)] == [], (
        "http/app.py has each endpoint in ENDPOINTS"
    )


def test_every_operation_is_described_with_the_headers_of_its_answers():
    for path, method, operation in OPERATIONS:
        assert operation["summary"], path
        for status, response in operation["responses"].items():
            assert response["description"], (path, status)
            headers = response["headers"]
            assert "Groupchat-Correlation-Id" in headers, (path, status)
            if status[0] == "2" and method != "get" and path != "/v1/contacts/import":  # its last line has the position
                assert "Groupchat-Position" in headers, (path, method)
            takes_key = {"$ref": "#/components/parameters/IdempotencyKey"} in operation["parameters"]
            says_when = status == "503" or (status == "409" and takes_key)  # the latter for a key that is in use
            assert ("Retry-After" in headers) == says_when or status == "429", (path, status)
        parameters = {resolved(each)["name"] for each in operation["parameters"]}
        waits = method == "get" and path.startswith("/v1/") and not path.startswith("/v1/sign-in")  # which reads no data
        assert ("Groupchat-Min-Position" in parameters) == waits, path


def test_every_problem_is_documented_where_it_is_refused_and_on_its_page():
    used = set()
    for each in ALL:
        responses = DOCUMENT["paths"][each.operation.path][each.operation.method.lower()]["responses"]
        for status, response in responses.items():
            for slug, example in (
                response["content"].get("application/problem+json", {}).get("examples", {}).items() if status[0] in "45" else ()
            ):
                assert PROBLEMS[slug].status == int(status)
                assert example["value"]["type"] == f"/problems/{slug}"
                used.add(slug)
    elsewhere = {"participants-frozen", "method-not-allowed", "not-the-carrier"}  # of methods and carriers that are not documented
    assert set(PROBLEMS) - used == elsewhere


def test_every_example_of_a_request_is_taken():
    for each in ENDPOINTS_ALONE:
        for name, example in each.spec.body_examples.items():
            assert each.decoder.decode(msgspec.json.encode(example)), (each.operation.name, name)


def test_every_example_of_an_answer_has_exactly_its_fields():
    for operation in (each.operation for each in ALL):
        for content in operation.responses[0].contents.values():
            if content.shape is not None:
                value = msgspec.json.decode(msgspec.json.encode(content.example), type=content.shape)
                assert msgspec.json.decode(msgspec.json.encode(value)) == content.example, operation.name


def test_every_operation_has_examples():
    for operation in (each.operation for each in ALL):
        assert all(content.example for content in operation.responses[0].contents.values()), operation.name
        assert operation.body is None or operation.body.examples, operation.name


def test_generators_of_clients_find_names_that_are_identifiers_and_answers_without_optional_fields():
    schemas = DOCUMENT["components"]["schemas"]
    assert DOCUMENT["info"]["license"]["identifier"] == "Apache-2.0"  # openapi-generator requires one
    assert [name for name in schemas if not name.isalnum()] == []
    assert [name for name in schemas if name.startswith("New")] == []  # in Go, `NewContact` is the constructor of `Contact`
    assert {"MessagePage", "ContactViewPage"} <= schemas.keys()
    for name in ("Message", "Conversation", "ContactShown", "Person", "Recipient", "InvalidRequestProblem"):
        assert schemas[name]["required"] == list(schemas[name]["properties"]), name
    assert schemas["ContactInput"]["required"] == ["name", "number"]
    assert schemas["MessagePage"]["title"] == "MessagePage"  # some name the class after it


def test_every_time_in_an_answer_is_a_date_time():
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for field, given in schema.get("properties", {}).items():
            if field in ("at", "until") or field.endswith(("_at", "since")):
                kinds = [{"type": "integer"}, {"type": "string", "format": "date-time"}]  # `stopped_at` is a position
                assert any(kind.items() <= each.items() for kind in kinds for each in given.get("anyOf", [given])), (name, field)


def test_every_tag_and_operation_is_described():
    assert [tag["name"] for tag in DOCUMENT["tags"] if not tag["description"]] == []
    assert [operation["operationId"] for _, _, operation in OPERATIONS if not operation.get("description")] == []


def test_the_request_to_a_webhook_is_described_with_the_fields_that_are_sent_R55():
    (content,) = DOCUMENT["webhooks"]["event"]["post"]["requestBody"]["content"].values()
    described, shown = resolved(content["schema"]), content["example"]
    assert {*described["required"]} == {*shown} == {*WebhookMessage.__struct_fields__}
    assert msgspec.convert(shown, WebhookMessage).id == shown["id"]


def test_problems_that_share_a_status_are_distinguished_by_their_type():
    refused = DOCUMENT["paths"]["/v1/conversations"]["post"]["responses"]["422"]["content"]["application/problem+json"]["schema"]
    assert refused["discriminator"]["propertyName"] == "type"
    for type_, reference in refused["discriminator"]["mapping"].items():
        assert resolved({"$ref": reference})["properties"]["type"] == {"enum": [type_]}
