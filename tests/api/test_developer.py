"""A developer with a CRM, who has only the client and the documentation, does what such a developer once could not do.

The server is a real one; everything happens through `groupchat.api`, and nothing needs a second way around.
"""

import shutil
from base64 import b64encode
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import islice
from queue import Queue
from threading import Thread

import pytest
from standardwebhooks import Webhook

from groupchat.api import Client, ProblemError, events
from groupchat.api.types import MessageInput, ParticipantInput
from tests.support.builders import BUSINESS, number
from tests.support.serving import serving

SETTINGS = {
    "rate_limit": 0,
    "workspace_rate_limit": 0,
    "webhook_key": b64encode(bytes(32)).decode(),
    "webhook_networks": "127.0.0.0/8",
}
PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def server(sqlite_template, tmp_path_factory):
    """A server, with a workspace that has a business number; its tests use people of their own."""
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("developer"))
    with serving(f"sqlite:///{path}", **SETTINGS) as (url, key):
        with Client(url, key) as client:
            client.add_number(number=BUSINESS, default=True)
        yield url, key


@pytest.fixture
def chat(server):
    with Client(*server) as client:
        yield client


def group_of(chat, *people, body="Hello", **given):
    """Create a group of the people with these numbers."""
    participants = [ParticipantInput(number=number(n)) for n in people]
    return chat.create_conversation(from_=BUSINESS, participants=participants, message=MessageInput(body=body), **given)


def refused(call, *args, **given):
    """Return the problem that a call is refused with."""
    with pytest.raises(ProblemError) as raised:
        call(*args, **given)
    return raised.value


def test_the_newest_messages_of_a_thread_come_first_and_the_older_ones_before_them(chat):
    group = group_of(chat, 1, 2, body="0")
    for n in range(1, 6):
        chat.send_message(group.id, body=str(n))
    newest = chat.read_thread(group.id, order="desc", limit=2).page()
    older = chat.read_thread(group.id, order="desc", before=newest.items[-1].id, limit=2).page()

    assert [message.body for message in newest.items] == ["5", "4"]
    assert [message.body for message in older.items] == ["3", "2"]
    assert [message.body for message in chat.read_thread(group.id, limit=2)] == ["0", "1", "2", "3", "4", "5"]


def test_contacts_and_users_are_kept_in_step_by_ids_of_the_crm_however_often(chat):
    for _ in range(2):
        contact = chat.put_contact("crm-10", name="Dana", number=number(10), metadata={"stage": "lead"})
        user = chat.put_user("agent-1", name="Kim", email="kim@example.com", role="member")
    (found,) = chat.list_contacts(external_id="crm-10")

    assert (found.id, found.metadata) == (contact.id, {"stage": "lead"})
    assert [each.id for each in chat.list_contacts(number=number(10))] == [contact.id]
    assert [each.id for each in chat.list_users() if each.external_id == "agent-1"] == [user.id]


def test_a_second_contact_with_the_same_number_is_noticed_and_merged(chat):
    first = chat.create_contact(name="Eli", number=number(11))
    second = chat.create_contact(name="Eli M.", number=number(11))
    merged = chat.merge_contacts(first.id, other_contact_id=second.id)

    assert second.same_number_as == [first.id]
    assert merged.id == first.id
    assert [each.id for each in chat.list_contacts(number=number(11))] == [first.id]


def test_many_contacts_come_as_a_file_and_go_as_one(chat):
    lines = "".join(f"crm-2{n:03d},Person {n},{number(200 + n)}\n" for n in range(100))
    results = list(chat.import_contacts(f"external id,name,phone\n{lines}bad,Bad,4.15555E+09\n".encode()))

    assert Counter(result.outcome for result in results) == {"created": 100, "refused": 1}
    assert [result.line for result in results if result.problem] == [102]
    assert f"tel:{number(299)}" in chat.export_contacts()


def test_a_user_who_leaves_is_renamed_and_deactivated_and_their_key_ends(chat, server):
    added = chat.add_user(name="Ben", email="ben@example.com", role="member")
    again = refused(chat.add_user, name="Ben", email="ben@example.com", role="member")
    renamed = chat.change_user(added.id, name="Ben Orr", email="orr@example.com")
    chat.change_user(added.id, active=False)
    with Client(server[0], added.api_key) as bens:
        assert refused(bens.read_me).slug == "unauthenticated"

    assert (again.slug, again.members["user_id"]) == ("user-exists", added.id)
    assert (renamed.name, renamed.email) == ("Ben Orr", "orr@example.com")
    assert chat.read_user(added.id).active is False


def test_keys_have_labels(chat):
    me = chat.read_me()
    issued = chat.issue_key(me.id, label="Nightly sync")
    chat.revoke_key(me.id, issued.id)

    assert issued.label == "Nightly sync"
    assert issued.id not in {key.id for key in chat.list_keys(me.id)}


def test_the_stream_is_filtered_typed_and_refuses_a_position_that_there_is_not(chat):
    group, other = group_of(chat, 20, 21), group_of(chat, 20, 22)
    chat.send_message(other.id, body="Elsewhere")
    chat.send_message(group.id, body="Here")
    types = ["groupchat.conversation.message_sent"]
    seen = list(islice(chat.follow_events(after=0, types=types, conversation_id=group.id), 2))
    beyond = refused(next, chat.follow_events(after=10**9))

    assert {type(event) for event in seen} == {events.ConversationMessageSent}
    assert [event.data.body for event in seen] == ["Hello", "Here"]
    assert (beyond.slug, beyond.members["head"] < 10**9) == ("position-ahead", True)


def test_lists_are_filtered_exactly_and_counted(chat):
    chat.put_contact("crm-30", name="Gus", number=number(30), dnd=True)
    group = group_of(chat, 31, 32, metadata={"deal": "77"})
    chat.handset_writes(from_=number(31), to=BUSINESS, group=[number(32)], body="Hi")
    chat.mark_unread(group.id)
    inbox = chat.read_inbox(participant=number(31), count=True).page()

    assert [contact.external_id for contact in chat.list_contacts(dnd=True)] == ["crm-30"]
    assert ([each.id for each in inbox.items], inbox.total) == ([group.id], 1)
    assert inbox.unread == len(list(chat.read_inbox(unread=True)))
    assert inbox.items[0].metadata == {"deal": "77"}


def test_conversations_are_found_by_the_words_of_their_messages(chat):
    group = group_of(chat, 35, 36, body="The lighthouse keeper waits")

    assert [each.id for each in chat.read_inbox(text="keeper lighthouse")] == [group.id]


def test_what_was_created_can_be_read_where_it_is(chat):
    group = group_of(chat, 40, 41)
    sent = chat.send_message(group.id, body="Look me up")

    assert chat.read_message(sent.id).body == "Look me up"
    assert [entry.message_id for entry in chat.read_ledger(recipient=number(41))] == [group.last_message.id, sent.id]
    assert chat.read_workspace().default_number == BUSINESS
    assert {entry.message_id for entry in chat.read_ledger(conversation_id=group.id, order="desc", limit=2).page().items} == {
        sent.id
    }


def test_refusals_say_what_is_wrong_for_programs_and_for_people(chat):
    group = group_of(chat, 50, 51)
    open_ = refused(chat.create_successor, group.id)
    blank = refused(chat.send_message, group.id, body="   ")
    too_many = refused(chat.list_contacts(limit=1_000).page)

    assert "not blocked" in open_.detail
    assert (blank.slug, blank.errors[0].loc) == ("invalid-request", "body")
    assert (too_many.errors[0].loc, too_many.errors[0].code) == ("query.limit", "out-of-range")


def test_an_opt_out_that_was_a_mistake_is_taken_back(chat):
    group = group_of(chat, 60, 61)
    chat.opt_out(group.id, number(60))
    blocked = refused(chat.send_message, group.id, body="Still there?")
    chat.take_back(group.id, number(60), reason="Clicked the wrong person")

    assert (blocked.slug, blocked.members["opted_out"]) == ("conversation-blocked", [number(60)])
    assert chat.send_message(group.id, body="Still there?").body == "Still there?"


def test_a_send_that_is_repeated_after_a_restart_is_sent_once(chat, server):
    group = group_of(chat, 70, 71)
    first = chat.send_message(group.id, body="Once", idempotency_key="order-4711")
    with Client(*server) as restarted:
        again = restarted.send_message(group.id, body="Once", idempotency_key="order-4711")

    assert first.id == again.id
    assert [message.body for message in chat.read_thread(group.id)] == ["Hello", "Once"]


def test_events_are_pushed_signed_to_a_system_that_wants_to_be_called(chat):
    with receiving() as (url, received):
        webhook = chat.add_webhook(url=url, types=["groupchat.conversation.message_sent"])
        group = group_of(chat, 80, 81, body="Pushed")
        headers, body = received.get(timeout=PATIENCE_SECONDS)
        chat.remove_webhook(webhook.id)

    event = Webhook(webhook.secret).verify(body, headers)
    assert (event["type"], event["stream"], event["data"]["body"]) == ("groupchat.conversation.message_sent", group.id, "Pushed")


@contextmanager
def receiving():
    """A system that is called; give its address, and what it receives."""
    received = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.put(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hooks", received
        finally:
            server.shutdown()
            thread.join()
