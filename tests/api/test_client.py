"""Both clients: against the API itself, and against a server that fails."""

import inspect

import httpx
import pytest

from groupchat.api import AsyncClient, Client, ProblemError, Retry
from groupchat.api.events import ConversationMessageSent, ConversationRenamed
from groupchat.api.types import MessageInput, ParticipantInput
from openapi import client as making
from tests.api.answers import problem, success
from tests.support.builders import BUSINESS, number

PEOPLE = [ParticipantInput(number=number(1)), ParticipantInput(number=number(2), name="Bob")]


@pytest.fixture
async def chat(plain_site):
    """The client for asyncio, for the owner of a workspace."""
    async with AsyncClient("http://test", plain_site.key, transport=plain_site.client._transport) as client:
        yield client


def failing(*responses):
    """Return a client for threads, of a server that gives these responses, and the requests that it makes."""
    requests, left = [], iter(responses)

    def respond(request):
        requests.append(request)
        response = next(left)
        if isinstance(response, httpx.TransportError):
            raise response
        return response

    return Client("http://test", "gck_1", retry=Retry(first_seconds=0.0), transport=httpx.MockTransport(respond)), requests


def test_the_methods_and_types_are_of_this_version():
    stale = [path.name for path, text in making.files().items() if path.read_text() != text]

    assert stale == [], "run `python -m openapi.client`"


async def test_a_conversation_is_created_written_to_and_read(chat):
    group = await chat.create_conversation(from_=BUSINESS, participants=PEOPLE, message=MessageInput(body="Hello"))
    sent = await chat.send_message(group.id, body="Again 🎉", if_match=group.version)
    thread = [message.body async for message in chat.read_thread(group.id, limit=1)]
    newest = await chat.read_thread(group.id, order="desc", limit=1).page()
    inbox = await chat.read_inbox(q="bob", count=True).page()

    assert thread == ["Hello", "Again 🎉"]
    assert [message.id for message in newest.items] == [sent.id]
    assert (inbox.total, inbox.items[0].id, inbox.items[0].last_message.body) == (1, group.id, "Again 🎉")


async def test_a_refusal_is_raised_with_its_slug(chat):
    with pytest.raises(ProblemError) as raised:
        await chat.create_contact(name="Bob", number="12")

    assert (raised.value.slug, raised.value.errors[0].loc) == ("invalid-request", "number")


async def test_events_are_followed_over_the_ends_of_streams(chat):
    group = await chat.create_conversation(from_=BUSINESS, participants=PEOPLE, message=MessageInput(body="Hello"))
    await chat.change_conversation(group.id, name="Crew")
    kinds = [f"groupchat.conversation.{name}" for name in ("message_sent", "renamed")]
    seen = []
    async for event in chat.follow_events(after=0, types=kinds, conversation_id=group.id):
        seen.append(event)
        if len(seen) == 2:
            await chat.send_message(group.id, body="More")
        if len(seen) == 3:
            break

    assert [type(event) for event in seen] == [ConversationMessageSent, ConversationRenamed, ConversationMessageSent]
    assert [event.data.body for event in seen[::2]] == ["Hello", "More"]


async def test_a_path_is_quoted(chat):
    with pytest.raises(ProblemError) as raised:
        await chat.read_contact("../users/me")

    assert raised.value.slug == "not-found"


def page(n, cursor):
    return success({"items": [{"role": f"role-{n}", "group_chat": True}], "next_cursor": cursor, "prev_cursor": None})


def test_the_client_for_threads_repeats_and_pages():
    client, requests = failing(httpx.ReadError("lost"), page(1, "two"), problem(503, "unavailable"), page(2, None))
    with client:
        roles = [each.role for each in client.list_roles(limit=1)]

    assert roles == ["role-1", "role-2"]
    assert [dict(request.url.params).get("cursor") for request in requests] == [None, None, "two", "two"]
    assert {request.headers["Authorization"] for request in requests} == {"Bearer gck_1"}


def test_a_stream_that_is_refused_is_raised():
    client, _ = failing(httpx.ReadError("lost"), problem(401, "unauthenticated"))

    with client, pytest.raises(ProblemError, match="unauthenticated"):
        next(client.follow_events())


def test_methods_show_their_parameters_and_what_they_do():
    client, _ = failing()

    assert list(inspect.signature(client.send_message).parameters)[:3] == ["conversation_id", "body", "media"]
    assert "Send to every participant" in client.send_message.__doc__
    assert "gck_1" not in repr(client)
