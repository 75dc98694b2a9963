"""What users were refused, for who audits (R15, R20 to R23)."""

from groupchat.commands.refusals import require_reader
from groupchat.http.calls.endpoint import Answer, Reading, endpoint
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.parameters import RefusalsQuery, given, read_moment
from groupchat.http.views import view
from groupchat.projections import refusals
from groupchat.projections.paging import Page
from groupchat.projections.refusals import RefusalView


@endpoint(
    "GET",
    "/v1/refusals",
    summary="What users were refused",
    refuses=("not-found", "not-permitted"),
    may=permits.audits,
    waits_for=(refusals.VIEW.name,),
    items=RefusalView,
    example=examples.page(examples.REFUSAL, examples.HIDDEN),
    tag="history",
)
async def read_refusals(call: Reading[RefusalsQuery]) -> Answer[Page]:
    """List refusals, newest last, for owners, admins and auditors.

    They are sends that an opt-out stopped (R15), what roles and numbers forbid (R20, R21), and attempts to reach what R22 hides,
    which the user was told is not there. A record is stored a moment after the answer. Alike refusals within a minute of it are the
    next record, with a count; a UTC day has 1,000 records, at most 250 of a user.
    """
    query = call.query
    conversation_id, user_id = given(query.conversation_id), given(query.user_id)
    await require_reader(call.store, call.who, conversation_id, user_id)
    page = await view(
        call.store,
        refusals.page,
        call.who.workspace_id,
        conversation_id=conversation_id,
        user_id=user_id,
        start=read_moment("query.from", query.from_),
        end=read_moment("query.to", query.to),
        cursor=given(query.cursor),
        limit=query.limit,
    )
    return Answer(page)
