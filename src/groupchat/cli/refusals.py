"""Refusal records of a workspace's users, for auditors on the server. Read-only."""

from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from groupchat.cli.later import loading
from groupchat.cli.printing import UTC_ZONE, Zone, print_json_lines, print_rows
from groupchat.cli.reading import reading
from groupchat.cli.shell import say
from groupchat.values import moments

if TYPE_CHECKING:
    from groupchat.projections.refusals import RefusalView
    from groupchat.store.log import Log

app = typer.Typer()


@app.command()
def refusals(
    workspace: Annotated[str, typer.Argument(metavar="WORKSPACE", help="A workspace's id.")],
    conversation: Annotated[str | None, typer.Option("--conversation", help="Only records about this conversation.")] = None,
    user: Annotated[str | None, typer.Option("--user", help="Only records of this user.")] = None,
    zone: Zone = UTC_ZONE,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, one record per line, for programs.")] = False,
) -> None:
    """Show users' rejected requests, oldest first: who, when, what they tried, and by which rule. Read access is sufficient."""
    with loading():
        from groupchat.aggregates.workspace_events import WorkspaceCreated
        from groupchat.projections import refusals as view
    with reading() as log:
        log.beginning(workspace, WorkspaceCreated)
        found = view.each(log.database, workspace, view.RefusalFilter(conversation_id=conversation, user_id=user))
        if json:
            print_json_lines(found)
        else:
            print_rows(("when", "times", "user", "rule", "tried", "about"), (_row(each, zone) for each in found))
        _say_if_behind(log)


def _row(each: "RefusalView", zone: ZoneInfo) -> tuple[str, ...]:
    about = each.about
    things = (about.conversation_id, *about.contact_ids, about.business_number, *about.numbers)
    when = moments.shown(each.first_at, zone)
    return (when, str(each.times), each.user_id, each.rule, each.operation, " ".join(thing for thing in things if thing))


def _say_if_behind(log: "Log") -> None:
    from groupchat.projections.refusals import VIEW
    from groupchat.store.positions import statuses

    status = statuses(log.database).get(VIEW.name)
    behind = log.head() - (0 if status is None else status.position)
    if behind:
        say.print(f"{behind} events are not included yet. The worker `{VIEW.name}` adds them.")
