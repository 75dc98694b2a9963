"""How the workspace confirms opt-outs and answers HELP (R41)."""

from groupchat.commands import workspaces
from groupchat.commands.workspaces import AutoRepliesShown
from groupchat.http.calls.answers import Answer, Written
from groupchat.http.calls.call import Call, Writing
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.workspace_bodies import AutoRepliesChange
from groupchat.queries import workspaces as queries

AUTO_REPLIES = "/v1/auto-replies"


@endpoint(
    Spec("GET", AUTO_REPLIES, "The automatic replies", "workspace", example=examples.AUTO_REPLIES),
)
async def read_auto_replies(call: Call) -> Answer[AutoRepliesShown]:
    """Show whether opt-outs are confirmed and HELP is answered, and with which texts (R41)."""
    return Answer(await queries.auto_replies(call.store, call.who))


@endpoint(
    Spec(
        "PUT",
        AUTO_REPLIES,
        "Change the automatic replies",
        "workspace",
        body_examples={
            "own text": {"help_texts": {"en": "{business}: Call 415 555 0100 for help. Reply STOP to opt out."}},
            "standard text": {"help_texts": {"en": None}},
            "off": {"confirms_opt_outs": False},
        },
        example=examples.AUTO_REPLIES,
    ),
    may=permits.manages,
)
async def change_auto_replies(call: Writing[AutoRepliesChange]) -> Written[AutoRepliesShown]:
    """Change the given values; the others stay, and a text of `null` is the standard one again. The response has all values.

    `{business}` stands for the workspace's name. A text must name the business and fit into one SMS. The language of a reply is
    that of the keyword. If the carrier itself answers a keyword, no reply is sent (R41).
    """
    return await call.run(workspaces.change_auto_replies, call.body.command())
