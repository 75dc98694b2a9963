"""Refusal records, for managers and auditors (R15, R20 to R23)."""

from groupchat.http.calls.answers import Answer
from groupchat.http.calls.call import Reading
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.lists import PageOf
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.parameters import RefusalsQuery
from groupchat.projections.paging import Page
from groupchat.projections.refusals import VIEW, RefusalView
from groupchat.queries import refusals


@endpoint(
    Spec(
        "GET",
        "/v1/refusals",
        "Refusal records",
        "history",
        page=PageOf[RefusalView],
        example=examples.page(examples.REFUSAL, examples.HIDDEN),
    ),
    may=permits.audits,
    refuses=("not-found",),
    waits_for=(VIEW.name,),
)
async def read_refusals(call: Reading[RefusalsQuery]) -> Answer[Page]:
    """List refusals, newest last, for owners, admins and auditors.

    They are messages that an opt-out stopped (R15), requests that roles and numbers forbid (R20, R21), and requests for data that
    R22 hides, which the user received as not found. A record is stored a moment after the response. Equal refusals within a minute
    of it are the next record, with a count. A UTC day has up to 1,000 records, up to 250 of one user.
    """
    return Answer(await refusals.page(call.views, call.who, call.query.chosen, call.query.page))
