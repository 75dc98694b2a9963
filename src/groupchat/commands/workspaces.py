"""Commands on the workspace: its creation, policy, roles and rates."""

from datetime import date
from typing import Self

from msgspec import Struct
from msgspec.structs import asdict

from groupchat.aggregates import workspace
from groupchat.aggregates.auto_replies import ChooseAutoReplies
from groupchat.aggregates.policy import ChangePolicy, ChooseKeywords
from groupchat.aggregates.rate_card import PostRate
from groupchat.aggregates.users import AddUser, FirstKey
from groupchat.aggregates.workspace_state import OWNER, PostedRate, User, Workspace
from groupchat.commands.caller import Caller, access
from groupchat.commands.keys import new_key
from groupchat.commands.streams import USERS, WORKSPACE
from groupchat.store.decision import Decision
from groupchat.values.money import Rate
from groupchat.values.policy import Policy

SAME_KEYWORDS = ChooseKeywords()


class Founded(Struct, frozen=True):
    """A new workspace and its owner, whose key is shown only here."""

    workspace_id: str
    user_id: str
    api_key: str


class RoleShown(Struct, frozen=True):
    """A role and its permissions (R20)."""

    role: str
    group_chat: bool


class PolicyShown(Policy, frozen=True, kw_only=True):
    """A policy, with the keywords that the workspace has in addition to the standard ones (R38)."""

    opt_out_keywords: tuple[str, ...] = ()
    opt_in_keywords: tuple[str, ...] = ()

    @classmethod
    def of(cls, state: Workspace) -> Self:
        """Return a workspace as it is shown."""
        return cls(**asdict(state.policy), opt_out_keywords=state.keywords.out, opt_in_keywords=state.keywords.in_)


class ReplyTextsShown(Struct, frozen=True, kw_only=True):
    """The texts in use, by language; `{business}` stands for the workspace's name (R41)."""

    en: str
    es: str
    fr: str


class AutoRepliesShown(Struct, frozen=True, kw_only=True):
    """Whether opt-outs are confirmed and HELP is answered, and the texts in use (R41)."""

    confirms_opt_outs: bool
    answers_help: bool
    opt_out_texts: ReplyTextsShown
    help_texts: ReplyTextsShown

    @classmethod
    def of(cls, state: Workspace) -> Self:
        """Return a workspace's automatic replies as they are shown."""
        chosen = state.auto_replies
        return cls(
            confirms_opt_outs=chosen.confirms_opt_outs,
            answers_help=chosen.answers_help,
            opt_out_texts=ReplyTextsShown(**chosen.texts("opt-out")),
            help_texts=ReplyTextsShown(**chosen.texts("help")),
        )


async def create_workspace(decision: Decision, name: str, email: str) -> Founded:
    """Create the workspace that the command's cause names, with its owner."""
    workspace_id, user_id = decision.cause.workspace_id, decision.new_id("usr")
    key, key_hash = new_key(workspace_id)
    owner = User(id=user_id, name=email.partition("@")[0], email=email, role=OWNER, assigned_only=False, active=True)
    await decision.take(WORKSPACE, workspace_id, workspace.CreateWorkspace(name=name))
    await decision.take(USERS, workspace_id, AddUser(user=owner, key=FirstKey(decision.new_id("key"), key_hash)))
    return Founded(workspace_id, user_id, key)


async def change_policy(
    decision: Decision, who: Caller, change: ChangePolicy, keywords: ChooseKeywords = SAME_KEYWORDS
) -> PolicyShown:
    """Change the policy and the workspace's own keywords; return the complete policy (R1, R4, R17, R38)."""
    await _manage(decision, who, change)
    return PolicyShown.of(await _manage(decision, who, keywords))


async def change_auto_replies(decision: Decision, who: Caller, change: ChooseAutoReplies) -> AutoRepliesShown:
    """Change how opt-outs are confirmed and HELP is answered; return everything about it (R41)."""
    return AutoRepliesShown.of(await _manage(decision, who, change))


async def define_role(decision: Decision, who: Caller, role: str, *, group_chat: bool) -> RoleShown:
    """Define a role, or change its permissions (R20)."""
    state = await _manage(decision, who, workspace.DefineRole(role=role, group_chat=group_chat))
    return RoleShown(role, state.roles[role])


async def post_rate(decision: Decision, who: Caller, effective_from: date, rate: Rate) -> tuple[int, PostedRate]:
    """Add a line to the rate card (R25); return its number, counted from 1."""
    state = await _manage(decision, who, PostRate(effective_from=effective_from, rate=rate))
    return len(state.rates), state.rates[-1]


async def _manage(decision: Decision, who: Caller, command: workspace.Command) -> Workspace:
    """Take a command that requires the permission to manage the workspace (R23); return the workspace after it."""
    (await access(decision, who)).require_manager()
    await decision.take(WORKSPACE, who.workspace_id, command)
    return (await access(decision, who)).state
