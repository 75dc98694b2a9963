"""Refusal records of a workspace's users, for auditors on the server. Read-only."""

import sys
from collections.abc import Iterator
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from groupchat.aggregates.workspace_events import WorkspaceCreated
from groupchat.cli.reading import reading
from groupchat.cli.shell import clean, say
from groupchat.projections import refusals as view
from groupchat.projections.paging import PageRequest
from groupchat.projections.refusals import RefusalView
from groupchat.store.database import Database
from groupchat.store.log import Log
from groupchat.store.positions import statuses

app = typer.Typer()

_PAGE = 200
_decode = msgspec.json.Decoder(RefusalView).decode


@app.command()
def refusals(
    workspace: Annotated[str, typer.Argument(metavar="WORKSPACE", help="A workspace's id.")],
    conversation: Annotated[str | None, typer.Option("--conversation", help="Only records about this conversation.")] = None,
    user: Annotated[str | None, typer.Option("--user", help="Only records of this user.")] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, one record per line, for programs.")] = False,
) -> None:
    """Show what was rejected for users, oldest first: who, when, what they tried, and by which rule. Read access is sufficient."""
    with reading() as log:
        log.beginning(workspace, WorkspaceCreated)
        found = _found(log.database, workspace, conversation, user)
        if json:
            for each in found:
                sys.stdout.write(msgspec.json.encode(each).decode() + "\n")
        else:
            Console().print(_table(found))
        _say_if_behind(log)


def _found(database: Database, workspace: str, conversation: str | None, user: str | None) -> Iterator[RefusalView]:
    chosen = view.RefusalFilter(conversation_id=conversation, user_id=user)
    cursor: str | None = None
    while True:
        with database.read() as connection:
            page = view.page(connection, workspace, chosen, PageRequest(cursor, _PAGE))
        yield from map(_decode, page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def _table(found: Iterator[RefusalView]) -> Table:
    table = Table("when", "times", "user", "rule", "tried", "about")
    for each in found:
        when = each.first_at.isoformat(" ", "seconds")
        about = each.about
        things = (about.conversation_id, *about.contact_ids, about.business_number, *about.numbers)
        cells = (when, str(each.times), each.user_id, each.rule, each.operation, " ".join(thing for thing in things if thing))
        table.add_row(*(Text(clean(cell)) for cell in cells))
    return table


def _say_if_behind(log: Log) -> None:
    status = statuses(log.database).get(view.VIEW.name)
    behind = log.head() - (0 if status is None else status.position)
    if behind:
        say.print(f"{behind} events are not included yet. The worker `{view.VIEW.name}` adds them.")
