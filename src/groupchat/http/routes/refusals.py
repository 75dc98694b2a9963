"""Refusals on record, for managers and auditors (R15, R20 to R23)."""

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

    They are sends that an opt-out stopped (R15), what roles and numbers forbid (R20, R21), and attempts to reach what R22 hides,
    which the user was told is not there. A record is stored a moment after the answer. Alike refusals within a minute of it are the
    next record, with a count; a UTC day has 1,000 records, at most 250 of a user.
    """
    return Answer(await refusals.page(call.views, call.who, call.query.chosen, call.query.page))
