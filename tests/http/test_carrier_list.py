"""The list of carriers: what each takes, and what became of the newest messages (R23, R43)."""

from groupchat.processes.delivery import DeliveryProcess
from tests.http.site import Json, Site, open_site
from tests.support.builders import number

NOTHING = dict.fromkeys(("messages", "queued", "unconfirmed", "sent", "partial", "delivered", "failed", "withheld", "put_off"), 0)


async def the_carrier(site: Site) -> Json:
    response = await site.get("/v1/carriers")
    assert response.status_code == 200, response.text
    (carrier,) = response.json()["items"]
    return carrier


async def test_a_carrier_shows_its_limits_and_what_became_of_the_newest_messages_R43(site):
    carrier = await the_carrier(site)
    assert (carrier["name"], carrier["default"], carrier["native_group"]) == ("simulator", True, True)
    assert carrier["recent"] == NOTHING | {"waiting_since": None}

    assert (await site.put(f"/v1/simulator/behaviors/{number(2)}", {"behavior": "fail"})).status_code == 200
    await site.send(await site.group(1, 2))
    assert await site.services.progress.wait_for([DeliveryProcess.name], site.store.log.head(), 20)

    recent = (await the_carrier(site))["recent"]
    assert (recent["messages"], recent["failed"], recent["delivered"] + recent["sent"]) == (1, 1, 1)
    assert recent["waiting_since"] is None


async def test_a_message_that_waits_for_its_carrier_is_counted_with_its_time(store):
    async with open_site(store, workers=("ledger", "inbox")) as site:
        sent = await site.send(await site.group(1, 2))

        recent = (await the_carrier(site))["recent"]
    assert recent == NOTHING | {"messages": 1, "queued": 2, "waiting_since": sent["at"]}
