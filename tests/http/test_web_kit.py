"""The web kit by itself: an API of two paths that has nothing to do with texting."""

from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from msgspec import Struct
from starlette.routing import Route, Router

from groupchat.http.web import openapi
from groupchat.http.web.codec import decode_body, read_body
from groupchat.http.web.operation import Body, Content, Operation, Response
from groupchat.http.web.problems import ProblemKind, Problems
from groupchat.http.web.refusals import TooManyRequestsError
from groupchat.http.web.reply import JSON, Reply, encode_json
from groupchat.http.web.request import Incoming
from groupchat.http.web.resource import Resource
from groupchat.values.errors import NotFoundError, RefusalError


class Recipe(Struct, forbid_unknown_fields=True):
    """A dish and its ingredients."""

    name: str
    ingredients: tuple[str, ...] = ()


class BurntError(RefusalError):
    """It is too late."""

    slug = "burnt"


KINDS = {
    "burnt": ProblemKind(410, "Burnt", "Cook it again.", {"minutes": int}, {"minutes": 90}, headers={b"x-smoke": b"yes"}),
    "bad-message": ProblemKind(400, "Ambiguous", "Send it again."),
    "internal-error": ProblemKind(500, "Failed", "Tell us.", {"correlation_id": str}),
    "invalid-request": ProblemKind(422, "Malformed", "Look at errors."),
    "method-not-allowed": ProblemKind(405, "Not allowed", "Look at Allow."),
    "not-found": ProblemKind(404, "Not there", "Look elsewhere."),
    "oven-cold": ProblemKind(503, "The oven is cold", "Wait."),
    "too-many-requests": ProblemKind(429, "Too many", "Wait."),
}
COOK = Operation(
    method="POST",
    path="/recipes",
    name="cook",
    summary="Cook",
    tag="kitchen",
    body=Body(type=Recipe, examples={"soup": {"name": "Soup"}}),
    responses=(Response(status=201, description="Cooked.", contents={"application/json": Content(shape=Recipe)}),),
    problems=("burnt", "oven-cold"),
)
API = openapi.Api(
    info={"title": "kitchen", "version": "1"},
    problems=KINDS,
    headers={},
    parameters={},
    path_parameters={},
    security={},
    tags={"kitchen": "Recipes."},
    instance="/recipes",
)


class Kitchen:
    """The application: `done` has the responses, `after` the calls after responses were sent."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str, int, str | None]] = []
        self.after: list[int] = []
        problems = Problems(KINDS, self._passing, lambda refusal: ("Ask the cook.", {}) if refusal.slug == "burnt" else ("", {}))
        resource = Resource("/recipes", {"POST": self._cook, "GET": self._list}, problems, self._answered)
        self.app = Router([Route("/recipes", resource)])

    def _answered(self, path: str, method: str, status: int, _: float, slug: str | None) -> None:
        self.done.append((path, method, status, slug))

    def _passing(self, error: Exception, _: str) -> RefusalError | None:
        return _ColdError("Heat it.") if isinstance(error, ConnectionError) else None

    async def _list(self, incoming: Incoming) -> Reply:
        incoming.afterwards = lambda: self.after.append(len(self.done))
        return Reply(200, b"[]", JSON)

    async def _cook(self, incoming: Incoming) -> Reply:
        recipe = decode_body(msgspec.json.Decoder(Recipe), incoming, await read_body(incoming))
        failures: dict[str, Exception] = {
            "charcoal": BurntError("It is burnt.", minutes=90),
            "pizza": ConnectionError("cold"),
            "secret": ValueError("what they wrote"),
            "fast food": TooManyRequestsError("Slowly.", 7),
            "unicorn": NotFoundError("There are no unicorns."),
        }
        if recipe.name in failures:
            raise failures[recipe.name]
        return Reply(201, encode_json(recipe), JSON)


class _ColdError(RefusalError):
    slug = "oven-cold"


@pytest.fixture
def kitchen() -> Kitchen:
    return Kitchen()


@pytest.fixture
async def client(kitchen: Kitchen) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(kitchen.app), base_url="http://kitchen.test") as each:
        yield each


async def test_an_answer_has_the_callers_correlation_id_or_one_of_its_own(client):
    named = await client.post("/recipes", json={"name": "Soup"}, headers={"Groupchat-Correlation-Id": "order-7"})
    unnamed = await client.get("/recipes")

    assert (named.status_code, named.json()) == (201, {"name": "Soup", "ingredients": []})
    assert named.headers["groupchat-correlation-id"] == "order-7"
    assert unnamed.headers["groupchat-correlation-id"].startswith("req_")


async def test_a_refusal_is_a_problem_with_the_headers_and_the_advice_of_its_kind(client):
    answer = await client.post("/recipes", json={"name": "charcoal"})

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-smoke"] == "yes"
    assert answer.json() == {
        "type": "/problems/burnt",
        "title": "Burnt",
        "status": 410,
        "detail": "It is burnt. Ask the cook.",
        "instance": "/recipes",
        "minutes": 90,
    }


@pytest.mark.parametrize(
    ("name", "status", "retry_after"),
    [("pizza", 503, "1"), ("fast food", 429, "7"), ("unicorn", 404, None), ("secret", 500, None)],
)
async def test_a_problem_that_passes_says_when_to_retry(client, name, status, retry_after):
    answer = await client.post("/recipes", json={"name": name})

    assert (answer.status_code, answer.headers.get("retry-after")) == (status, retry_after)
    assert "what they wrote" not in answer.text


async def test_an_unknown_method_of_a_path_is_refused_with_its_methods(client):
    answer = await client.put("/recipes")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


async def test_every_response_is_counted_and_later_work_runs_after_it(client, kitchen):
    await client.get("/recipes")
    await client.post("/recipes", json={"name": "charcoal"})

    assert kitchen.done == [("/recipes", "GET", 200, None), ("/recipes", "POST", 410, "burnt")]
    assert kitchen.after == [1]


def test_the_document_has_an_operation_with_its_schemas_and_problems():
    document = openapi.document(API, [COOK])

    operation = document["paths"]["/recipes"]["post"]
    assert operation["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Recipe"}
    assert set(operation["responses"]) == {"201", "410", "503"}
    assert "Retry-After" in operation["responses"]["503"]["headers"]
    assert operation["responses"]["410"]["content"]["application/problem+json"]["examples"]["burnt"]["value"]["minutes"] == 90
    assert {"Recipe", "BurntProblem", "OvenColdProblem"} <= set(document["components"]["schemas"])
