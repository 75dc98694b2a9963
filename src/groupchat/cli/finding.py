"""Commands to find where to begin: workspaces, users, and what has a number or a name. Read access is sufficient."""

from typing import TYPE_CHECKING, Annotated

import typer

from groupchat.cli.later import loading
from groupchat.cli.printing import UTC_ZONE, Zone, print_json_lines, print_rows
from groupchat.cli.reading import reading
from groupchat.cli.shell import read_moment, say
from groupchat.values import moments

if TYPE_CHECKING:
    from groupchat.audit.directory import UserFound
    from groupchat.audit.finding import ContactFound, ConversationFound

app = typer.Typer()

JsonLines = Annotated[bool, typer.Option("--json", help="Print JSON, one object per line, for programs.")]


@app.command()
def workspaces(zone: Zone = UTC_ZONE, *, json: JsonLines = False) -> None:
    """List the workspaces with their owners and numbers, oldest first. Read access is sufficient."""
    with loading():
        from groupchat.audit import directory
    with reading() as log:
        found = directory.workspaces(log)
        if json:
            print_json_lines(found)
            return
        rows = (
            (each.id, each.name, moments.shown(each.created_at, zone), each.users, " ".join(each.owners), " ".join(each.numbers))
            for each in found
        )
        print_rows(("workspace", "name", "created", "users", "owners", "numbers"), rows)


@app.command()
def users(
    workspace: Annotated[str, typer.Argument(metavar="WORKSPACE", help="A workspace's id, as `groupchat workspaces` lists it.")],
    *,
    json: JsonLines = False,
) -> None:
    """List a workspace's users with their roles, including deactivated ones. Read access is sufficient."""
    with loading():
        from groupchat.audit import directory
    with reading() as log:
        found = directory.users(log, workspace)
    if json:
        print_json_lines(found)
        return
    rows = ((each.id, each.name, each.email, each.role, _standing(each), each.keys) for each in found)
    print_rows(("user", "name", "email", "role", "state", "keys"), rows)


@app.command("find")
def find_(
    what: Annotated[str, typer.Argument(metavar="NUMBER|NAME", help="A number in any common format, a name, or a part of one.")],
    workspace: Annotated[str | None, typer.Option(help="Only this workspace, by its id.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="Only what existed or happened from this time or date on.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Only what existed or happened before this time or date.")] = None,
    zone: Zone = UTC_ZONE,
    *,
    json: JsonLines = False,
) -> None:
    """Find contacts and conversations by a number or a name, present or former. Read access is sufficient.

    Upper and lower case, accents and the form of apostrophes make no difference. Exit code 1 if nothing is found.
    """
    with loading():
        from groupchat.audit.finding import Period, find
        from groupchat.projections.search import query_for
    sought = query_for(what)
    if sought is None:
        msg = "Give a number or a name, or a part of one."
        raise typer.BadParameter(msg)
    period = Period(read_moment("--from", start, zone), read_moment("--to", end, zone))
    with reading() as log:
        found = list(find(log, sought, period, workspace))
    if json:
        print_json_lines(found)
    elif found:
        print_rows(("what", "id", "name", "numbers", "from", "to", "state", "workspace"), (_row(each, zone) for each in found))
    if not found:
        say.print("Nothing has, or had, this number or name.")
        raise typer.Exit(1)


def _standing(user: "UserFound") -> str:
    restricted = " (assigned data only)" if user.assigned_only else ""
    return f"{'active' if user.active else 'deactivated'}{restricted}"


def _row(found: "ContactFound | ConversationFound", zone: Zone) -> tuple[str, ...]:
    from groupchat.audit.finding import ConversationFound

    began = moments.shown(found.created_at, zone)
    if isinstance(found, ConversationFound):
        numbers, last = ", ".join(found.participants), moments.shown(found.last_event_at, zone)
        state = "blocked" if found.blocked else "open"
        return ("conversation", found.id, found.name, numbers, began, last, state, found.workspace_id)
    names = f"{found.name} (formerly {', '.join(found.former_names)})" if found.former_names else found.name
    former = f" (formerly {', '.join(found.former_numbers)})" if found.former_numbers else ""
    ended = "" if found.deleted_at is None else moments.shown(found.deleted_at, zone)
    state = "deleted" if found.deleted_at else "in the directory"
    return ("contact", found.id, names, ", ".join(found.numbers) + former, began, ended, state, found.workspace_id)
