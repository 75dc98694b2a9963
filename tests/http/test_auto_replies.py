"""Automatic replies over HTTP: the texts, and what people, threads, the ledger and explanations show (R24, R41)."""

from tests.http.site import assert_problem, messages_of, path_of
from tests.support.builders import number

PATH = "/v1/auto-replies"
CONFIRMED = "Harbour Dental: You are opted out and will get no more messages. Reply START to opt in again."


async def test_the_texts_are_standard_until_a_workspace_chooses_its_own_R41(plain_site):
    standard = (await plain_site.get(PATH)).json()
    own = "{business}: Bye. Call 415 555 0100."
    changed = await plain_site.put(PATH, {"opt_out_texts": {"en": own}, "answers_help": False})

    assert (standard["confirms_opt_outs"], standard["answers_help"]) == (True, True)
    expected = standard | {"answers_help": False, "opt_out_texts": standard["opt_out_texts"] | {"en": own}}
    assert (changed.status_code, changed.json()) == (200, expected)
    assert (await plain_site.get(PATH)).json() == expected
    back = await plain_site.put(PATH, {"opt_out_texts": {"en": None}, "answers_help": True})
    assert back.json() == standard


async def test_a_text_that_does_not_name_the_business_is_refused_with_its_place_R41(plain_site):
    response = await plain_site.put(PATH, {"help_texts": {"fr": "Bonjour !"}})
    (error,) = assert_problem(response, "invalid-request", 422)["errors"]
    assert error["loc"] == "help_texts.fr"
    assert "{business}" in error["detail"]


async def test_a_confirmation_is_seen_on_the_handset_in_the_thread_and_in_the_ledger_R24_R41(site):
    group = await site.group(1, 2)
    await site.writes(1, "STOP")

    (shown,) = [each for each in (await site.get(f"/v1/simulator/handsets/{number(1)}")).json()["items"] if not each["group"]]
    assert shown["body"] == CONFIRMED
    others = (await site.get(f"/v1/simulator/handsets/{number(2)}")).json()["items"]
    assert [each["from"] for each in others] == [number(1)], "they see the STOP, but not its confirmation"
    message = (await site.get(messages_of(group))).json()["items"][-1]
    assert message["author"] == {"kind": "automatic", "id": "opt-out", "name": "Automatic reply", "number": None}
    assert [each["number"] for each in message["recipients"]] == [number(1)]
    (entry,) = (await site.get(f"/v1/ledger?conversation_id={group['id']}")).json()["items"]
    assert (entry["message_id"], entry["recipient"], entry["amount"]) == (message["id"], number(1), "0.0200")


async def test_why_a_confirmation_was_sent_is_explained_R31_R41(site):
    group = await site.group(1, 2)
    await site.writes(1, "STOP")
    await site.get(f"/v1/simulator/handsets/{number(1)}")
    message = (await site.get(messages_of(group))).json()["items"][-1]

    explained = (await site.get(f"/v1/messages/{message['id']}/explanation")).json()
    assert (explained["verdict"], explained["contradicts"]) == ("sent", False)
    assert "confirms an opt-out" in explained["summary"]
    assert any('It answers "STOP" to its writer alone' in each["says"] for each in explained["grounds"])


async def test_a_block_is_explained_with_the_confirmation_that_went_after_it_R15_R41(site):
    group = await site.group(1, 2)
    await site.send(group)
    await site.writes(1, "STOP")

    explained = (await site.get(f"{path_of(group)}/explanation")).json()
    says = [each["says"] for each in explained["grounds"]]
    assert any("was confirmed to them alone" in each for each in says)
    assert any(each.startswith("Nothing but automatic replies (R41) was sent") for each in says)
    assert (explained["verdict"], explained["contradicts"]) == ("blocked", False)
