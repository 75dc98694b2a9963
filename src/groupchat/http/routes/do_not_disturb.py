"""Do-not-disturb by number: which numbers have it, and lifting what former contacts have left (R36)."""

from groupchat.commands import do_not_disturb as commands
from groupchat.http.calls.answers import Answer, Written
from groupchat.http.calls.call import Reading, Writing
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.lists import PageOf
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.bodies import Reasoned
from groupchat.http.inputs.parameters import DndQuery
from groupchat.projections.do_not_disturb import VIEW, NumberWithDnd
from groupchat.projections.paging import Page
from groupchat.queries import do_not_disturb

ALL = "/v1/do-not-disturb"
ONE = ALL + "/{number}"


@endpoint(
    Spec(
        "GET",
        ALL,
        "Numbers with do-not-disturb",
        "contacts",
        page=PageOf[NumberWithDnd],
        example=examples.page(examples.NUMBER_WITH_DND),
    ),
    may=permits.sees_everything,
    waits_for=(VIEW.name,),
)
async def list_do_not_disturb(call: Reading[DndQuery]) -> Answer[Page]:
    """List the numbers that receive nothing because of do-not-disturb, or look up one number.

    A number is listed once for each contact through which do-not-disturb applies. With `left_behind`, that contact no longer has
    the number.
    """
    return Answer(await do_not_disturb.page(call.views, call.who, call.query.sought, call.query.page))


@endpoint(
    Spec("DELETE", ONE, "Lift do-not-disturb", "contacts", status=204, body_examples={"reason": examples.REASON}),
    may=permits.manages,
    refuses=("not-found", "do-not-disturb-on"),
)
async def lift_do_not_disturb(call: Writing[Reasoned]) -> Written[None]:
    """End do-not-disturb that former contacts left with a number, with a reason, which is stored.

    It is refused while a contact that has the number has do-not-disturb on.
    """
    return await call.run(commands.lift_do_not_disturb, call.path["number"], call.body.reason)
