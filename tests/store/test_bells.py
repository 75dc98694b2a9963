"""Bells: a listener is woken for what came since it last looked, and its event loop only once."""

import asyncio

from groupchat.store.signals import Bell


async def test_a_listener_that_has_not_looked_yet_is_not_woken_again(monkeypatch):
    loop, calls = asyncio.get_running_loop(), []
    wake = loop.call_soon_threadsafe
    monkeypatch.setattr(loop, "call_soon_threadsafe", lambda call: (calls.append(call), wake(call)))
    bell = Bell()
    with bell.listen() as heard:
        bell.ring()
        await heard.wait()
        bell.ring()
        bell.ring()
        assert len(calls) == 1

        heard.clear()
        bell.ring()
        await heard.wait()
        assert len(calls) == 2
