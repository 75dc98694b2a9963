"""Contacts: the workspace's directory (R2, R5, R9). A change is visible in all conversations before the response."""

import asyncio

from msgspec.structs import replace

from groupchat.commands import contact_merging as merging
from groupchat.commands import contacts as commands
from groupchat.commands.caller import Caller
from groupchat.http.calls.answers import Answer, Written
from groupchat.http.calls.call import Call, Reading, Writing
from groupchat.http.calls.endpoint import Shows, endpoint
from groupchat.http.calls.lists import PageOf
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.bodies import ContactChange, ContactInput, ContactPut, MergeInput, read_external_id
from groupchat.http.inputs.parameters import ContactsQuery, given
from groupchat.http.refusals import StillSpreadingError
from groupchat.processes.contact_changes import ContactChanges
from groupchat.projections.contacts import VIEW, ContactView
from groupchat.projections.paging import Page
from groupchat.queries import contacts
from groupchat.queries.contacts import ContactShown
from groupchat.queries.views import Views
from groupchat.store.decision import Decision

ALL = "/v1/contacts"
ONE = "/v1/contacts/{contact_id}"


@endpoint(
    Spec(
        "POST",
        ALL,
        "Add a contact",
        "contacts",
        status=201,
        location=ALL + "/{id}",
        body_examples={"contact": examples.NEW_CONTACT},
        example=examples.CONTACT_SHOWN,
    ),
    may=permits.writes,
    shows=Shows("contact_id", permits.sees_contact),
    refuses=("external-id-taken",),
)
async def create_contact(call: Writing[ContactInput]) -> Written[ContactShown]:
    """Add a person, with numbers of any country in any common format (R3, R4).

    Several contacts can have the same number. `same_number_as` has the others that you can see: if one of them is the same person,
    merge the two (R54).
    """
    return await call.run(_create, call.body)


async def _create(decision: Decision, who: Caller, body: ContactInput) -> ContactShown:
    contact = await commands.create_contact(
        decision,
        who,
        name=body.name,
        number=body.number,
        secondary_numbers=body.secondary_numbers,
        assigned_to=body.assigned_to,
        foreign=commands.Foreign(body.external_id, body.metadata),
    )
    return await contacts.created(decision, who, contact.id)


@endpoint(
    Spec("GET", ALL, "The directory", "contacts", page=PageOf[ContactView], example=examples.page(examples.CONTACT)),
    waits_for=(VIEW.name,),
)
async def list_contacts(call: Reading[ContactsQuery]) -> Answer[Page]:
    """List contacts by name; filter by name, or by any of their numbers in any common format."""
    query = call.query
    ids = await contacts.ids_of(call.store, call.who, number=query.sought, external_id=given(query.external_id))
    return Answer(await contacts.page(call.views, call.who, replace(query.chosen, ids=ids), query.page))


@endpoint(
    Spec("GET", ONE, "One contact", "contacts", example=examples.CONTACT_SHOWN),
    first=permits.sees_contact,
    waits_for=(VIEW.name,),
)
async def read_contact(call: Call) -> Answer[ContactShown]:
    """Read a contact. A deleted one is not found."""
    return Answer(await contacts.now(call.views, call.who, call.path["contact_id"]))


@endpoint(
    Spec(
        "PATCH",
        ONE,
        "Change a contact",
        "contacts",
        body_examples={"number": {"number": "+14155550199"}, "do not disturb": {"dnd": True}},
        example=examples.CONTACT_SHOWN,
    ),
    first=permits.sees_contact,
    may=permits.writes,
    refuses=("external-id-taken",),
)
async def change_contact(call: Writing[ContactChange]) -> Written[ContactShown]:
    """Change the given fields. DND blocks all conversations of the contact at once (R16); a new name or number tags them (R9)."""
    position = (await call.run(commands.change_contact, call.path["contact_id"], call.body.change())).position
    if call.body.reaches_conversations:
        position = await _spread(call, position)
    return Written(value=await contacts.now(call.views, call.who, call.path["contact_id"]), position=position)


@endpoint(
    Spec("DELETE", ONE, "Delete a contact", "contacts", status=204),
    first=permits.sees_contact,
    may=permits.writes,
)
async def delete_contact(call: Call) -> Written[None]:
    """Delete a contact. Its conversations keep its frozen number (R8) and tag it (R9)."""
    deleted = await call.run(commands.delete_contact, call.path["contact_id"])
    return Written(value=None, position=await _spread(call, deleted.position))


@endpoint(
    Spec(
        "POST",
        ONE + "/merge",
        "Merge a contact into another one",
        "contacts",
        body_examples={"duplicate": {"contact_id": examples.OTHER_CONTACT_ID}},
        example=examples.CONTACT_SHOWN,
    ),
    first=permits.sees_contact,
    may=permits.writes,
)
async def merge_contacts(call: Writing[MergeInput]) -> Written[ContactShown]:
    """Merge the contact `contact_id` of the body into the one of the path, and delete it (R54).

    The contact of the path keeps its fields, and takes what it lacks from the other one: numbers, the assigned user, the external
    id, keys of metadata. If either has do-not-disturb on, it has it on (R36). From then on, the other one's conversations are
    linked to it. Repeating the request changes nothing.
    """
    id_, merged_id = call.path["contact_id"], call.body.contact_id
    if call.keeps_answer:
        done = await call.run(_merge, call.views, id_, merged_id)
        return Written(value=done.value, position=await _spread(call, done.position))
    merged = await call.run(merging.merge_contacts, id_, merged_id)  # stored first: it does not wait for what is shown
    return Written(value=await contacts.now(call.views, call.who, id_), position=await _spread(call, merged.position))


async def _merge(decision: Decision, who: Caller, views: Views, contact_id: str, merged_id: str) -> ContactShown:
    await merging.merge_contacts(decision, who, contact_id, merged_id)
    return await contacts.as_decided(decision, who, views, contact_id)


@endpoint(
    Spec(
        "PUT",
        ALL + "/by-external-id/{external_id}",
        "Add or change a contact by its external id",
        "contacts",
        body_examples={"contact": {"name": "Ann", "number": "415 555 0101", "metadata": {"segment": "vip"}}},
        example=examples.CONTACT_SHOWN,
    ),
    may=permits.writes,
    refuses=("external-id-taken",),
)
async def put_contact(call: Writing[ContactPut]) -> Written[ContactShown]:
    """Change the contact that has this id in another system, or add one (R54). Repeating the request changes nothing."""
    body, external_id = call.body, read_external_id(call.path["external_id"])
    put = await call.run(commands.put_contact, external_id, body.name, body.number, body.change())
    return Written(value=await contacts.now(call.views, call.who, put.value.id), position=await _spread(call, put.position))


async def _spread(call: Call, position: int) -> int:
    """Wait until all conversations show a contact's change; return the position that covers it."""
    services = call.services
    if not await services.progress.wait_for([ContactChanges.name], position, services.patience):
        raise StillSpreadingError
    return await asyncio.to_thread(services.store.log.head)
