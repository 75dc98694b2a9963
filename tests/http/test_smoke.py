from tests.http.site import messages_of

async def test_thin_line(site):
    made = await site.group()
    await site.send(made)
    r = await site.get(messages_of(made))
    assert r.status_code == 200, r.text
    print(r.json())
    r = await site.get("/v1/conversations")
    print(r.status_code, r.json())
    assert r.json()["items"][0]["last_message"]["body"] == "Hello all"
