"""Moving a store: export and import (docs/moving.md)."""

from pathlib import Path
from typing import Annotated

import typer

from groupchat.cli.files import STDOUT, read, read_text, written
from groupchat.cli.later import loading
from groupchat.cli.reading import closing_database, existing, progress
from groupchat.cli.shell import say, settings

app = typer.Typer()


@app.command("export")
def export_(
    out: Annotated[str, typer.Option(help="The file to write, or `-` for stdout. Compressed if its name ends in `.gz`.")],
    conversation: Annotated[str | None, typer.Option(help="Export only this conversation, to give it to someone.")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="With --conversation: the checkpoint to prove it by, in a file. Default: the newest.")
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Export everything, to continue elsewhere. The file contains key hashes, so keep it safe.")
    ] = False,
) -> None:
    """Write stored events as JSON Lines. It changes nothing, and read access is sufficient."""
    if everything == (conversation is not None):
        msg = "use either --all or --conversation ID"
        raise typer.BadParameter(msg)
    with loading():
        from groupchat.moving.exporting import export_all, export_conversation
        from groupchat.proof.notes import Note
        from groupchat.store.archive import Archive
    note = None if checkpoint is None else Note.read(read_text(checkpoint))
    with existing() as database, written(out) as file:
        if conversation is not None:
            done = export_conversation(Archive(database), conversation, file, note)
        else:
            with progress("exporting") as on_progress:
                done = export_all(Archive(database), file, on_progress)
    say.print(f"{done.events:,} events exported to {'stdout' if out == STDOUT else out}.", highlight=False, markup=False)
    if done.proved < done.events:
        say.print(f"A checkpoint proves {done.proved:,} of them. `groupchat audit checkpoint` signs one of all that is stored.")


@app.command("import")
def import_(file: Annotated[Path, typer.Argument(help="A file written by `groupchat export --all`.")]) -> None:
    """Load an export of everything into an empty store, completely or not at all, for example to move from SQLite to Postgres."""
    with loading():
        from groupchat.moving.importing import check, store
        from groupchat.store.archive import Archive
        from groupchat.store.filling import require_empty
        from groupchat.store.schema import migrated_database
    with read(file) as lines, closing_database(migrated_database(settings().database_url)) as database:
        require_empty(database)  # first, so that nobody waits in vain for the check of a large file
        with progress("checking") as on_progress:
            checked = check(Archive(database), lines, on_progress)
        with progress("storing") as on_progress:
            store(database, lines, checked, on_progress)
    say.print(f"{checked.events:,} events and {checked.answers:,} stored responses imported.", highlight=False)
    say.print("The views are empty. `groupchat serve` and `groupchat work` fill them, or run `groupchat rebuild` now.")
