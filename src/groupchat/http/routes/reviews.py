"""Reviews: texts that may be an opt-out in a person's own words, for a user to judge (R40)."""

from groupchat.commands import reviews as commands
from groupchat.commands.caller import Caller
from groupchat.http.calls.answers import Answer, Written
from groupchat.http.calls.call import Reading, Writing
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.lists import PageOf
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples, review_examples
from groupchat.http.guards import permits
from groupchat.http.inputs.bodies import ReviewJudgment
from groupchat.http.inputs.parameters import ReviewsQuery, given
from groupchat.projections.paging import Page
from groupchat.projections.reviews import ListedReview, Review
from groupchat.queries import reviews
from groupchat.queries.views import Views
from groupchat.store.decision import Decision

ALL = "/v1/reviews"
ONE = ALL + "/{review_id}"


@endpoint(
    Spec("GET", ALL, "Reviews", "participants", page=PageOf[ListedReview], example=examples.page(review_examples.LISTED_REVIEW)),
    waits_for=reviews.WAITS_FOR,
)
async def list_reviews(call: Reading[ReviewsQuery]) -> Answer[Page]:
    """List the texts that may be an opt-out in a person's own words, the earliest due first (R40).

    An open review that nobody settles before `due_at`, ten business days after the text came, becomes an opt-out.
    """
    return Answer(await reviews.page(call.views, call.who, given(call.query.status), call.query.page))


@endpoint(
    Spec(
        "POST",
        ONE,
        "Settle a review",
        "participants",
        body_examples={"an opt-out": {"opt_out": True}, "something else": {"opt_out": False, "note": "They meant the bus stop."}},
        example=review_examples.SETTLED_REVIEW,
    ),
    first=permits.sees_review,
    may=permits.settles_reviews,
    refuses=("review-settled",),
)
async def settle_review(call: Writing[ReviewJudgment]) -> Written[Review]:
    """Judge whether a text is an opt-out (R40). An opt-out blocks every conversation of the business number with the person."""
    return await call.run(_settle, call.views, call.path["review_id"], call.body)


async def _settle(decision: Decision, who: Caller, views: Views, review_id: str, judgment: ReviewJudgment) -> Review:
    await commands.settle_review(decision, who, review_id, is_opt_out=judgment.opt_out, note=judgment.note)
    return await reviews.now(views, review_id, decision.emitted)
