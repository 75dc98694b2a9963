"""Do-not-disturb by number: which numbers are a no, and lifting what a contact has left behind (R36)."""

from groupchat.commands import do_not_disturb as commands
from groupchat.http.calls.answers import Answer, Written
from groupchat.http.calls.call import Reading, Writing
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.lists import PageOf
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.bodies import Reasoned
from groupchat.http.inputs.parameters import NoesQuery
from groupchat.projections.do_not_disturb import VIEW, No
from groupchat.projections.paging import Page
from groupchat.queries import do_not_disturb

ALL = "/v1/do-not-disturb"
ONE = ALL + "/{number}"


@endpoint(
    Spec("GET", ALL, "Numbers that are a no", "contacts", page=PageOf[No], example=examples.page(examples.NO)),
    may=permits.sees_everything,
    waits_for=(VIEW.name,),
)
async def list_noes(call: Reading[NoesQuery]) -> Answer[Page]:
    """List the numbers that nothing is sent to because somebody with them has, or had, do-not-disturb on; or look up one number.

    A number is listed once for each contact by which it is a no. With `left_behind`, that contact no longer has the number.
    """
    return Answer(await do_not_disturb.page(call.views, call.who, call.query.sought, call.query.page))


@endpoint(
    Spec("DELETE", ONE, "Lift a no", "contacts", status=204, body_examples={"reason": examples.REASON}),
    may=permits.manages,
    refuses=("not-found", "do-not-disturb-on"),
)
async def lift_no(call: Writing[Reasoned]) -> Written[None]:
    """End the no that contacts left behind with a number, for a reason that is kept.

    It is refused while a contact that has the number has do-not-disturb on.
    """
    return await call.run(commands.lift_do_not_disturb, call.path["number"], call.body.reason)
