"""The server's carriers, for those who choose one for a number and who look into a failure (R43)."""

from groupchat.http.calls.answers import Answer
from groupchat.http.calls.call import Reading
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.lists import PageOf, page_of
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.parameters import PageQuery
from groupchat.projections import ledger
from groupchat.queries import carriers as queries
from groupchat.queries.carriers import CarrierShown


@endpoint(
    Spec("GET", "/v1/carriers", "The carriers", "workspace", example=examples.page(examples.CARRIER)),
    may=permits.audits,
    waits_for=(ledger.VIEW.name,),
)
async def list_carriers(call: Reading[PageQuery]) -> Answer[PageOf[CarrierShown]]:
    """List the server's carriers, what each takes in a message, and what became of the workspace's newest messages.

    A business number names one of them, or has the default one (R43).
    """
    found = await queries.list_carriers(call.views, call.who)
    return Answer(page_of(found, call.query.page, key=lambda shown: shown.name))
