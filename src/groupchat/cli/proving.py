"""Proof on the command line: keys, checkpoints, verifying, and proofs of single events (docs/proof.md)."""

import os
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from groupchat.cli.files import FileError, read_text, written
from groupchat.cli.later import loading
from groupchat.cli.reading import existing, progress
from groupchat.cli.shell import clean, say, settings
from groupchat.values.errors import ExpectedError

if TYPE_CHECKING:
    from groupchat.proof.notes import Note, VerifierKey
    from groupchat.proof.verifying import Report

app = typer.Typer()
_audit = typer.Typer(no_args_is_help=True)
app.add_typer(_audit, name="audit", help="Prove that nobody has changed what is stored: keys, checkpoints, verifying, proofs.")

Keys = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        help="A verifier key, or a file with one: the log's, earlier ones of the log, those of witnesses. "
        "Default: the file that GROUPCHAT_AUDIT_KEY_FILE names.",
    ),
]
CheckpointFile = Annotated[Path | None, typer.Option("--checkpoint", help="A file with a checkpoint that you have from before.")]


class NothingToVerifyError(ExpectedError):
    """There is no checkpoint, so nothing can be proved."""


@_audit.command()
def keygen(
    name: Annotated[str, typer.Option(help="The log's name, for example the address of the API: chat.example.com.")],
    out: Annotated[Path, typer.Option(help="The file for the signing key. Anyone who has it can sign another history.")],
) -> None:
    """Make a signing key. The verifier key goes to stdout; give it to everyone who will check the log."""
    from groupchat.proof.notes import SigningKey

    key = SigningKey.generate(name)
    if out.exists():
        msg = f"{out} exists already. A key is never overwritten, because what it has signed could not be continued."
        raise FileError(msg)
    with written(str(out)) as file:
        file.write(f"{key.secret()}\n".encode())
    typer.echo(str(key.verifier))
    say.print(f"The signing key is in {out}. Set GROUPCHAT_AUDIT_KEY_FILE to it, and keep a copy elsewhere.", markup=False)


@_audit.command()
def checkpoint(
    publish_to: Annotated[
        list[str] | None,
        typer.Option("--publish", help="Where to publish it: https://..., s3://BUCKET/FOLDER, kafka:TOPIC, or a folder."),
    ] = None,
    cosigned: Annotated[
        Path | None,
        typer.Option(help="A file with a checkpoint that a witness has cosigned, to add its cosignature."),
    ] = None,
    last: Annotated[
        Path | None,
        typer.Option(help="A file with a checkpoint that was published earlier. Nothing is signed that does not begin with it."),
    ] = None,
) -> None:
    """Sign a checkpoint of all events that are in the tree, store it, and print it.

    Nothing is signed that contradicts a checkpoint in the database, in a folder that it is published in, or in --last.
    """
    with loading():
        from groupchat.bootstrap import audit_key, audit_targets
        from groupchat.proof.checkpoint import opened
        from groupchat.proof.checkpointing import publish
        from groupchat.proof.kept import keep_checkpoint
        from groupchat.proof.notes import Note
        from groupchat.proof.publishing import published_in
        from groupchat.proof.signing import sign
    given = settings()
    key = audit_key(given)
    targets = audit_targets(given, publish_to or [])
    with existing() as database:
        if cosigned is None:
            published = [] if last is None else [Note.read(read_text(last))]
            note = sign(database, key, [*published, *published_in(targets, key.name)])
        else:
            seen = Note.read(read_text(cosigned))
            opened(str(seen), key.verifier)
            with database.write() as connection:
                note = keep_checkpoint(connection, seen)
    typer.echo(str(note), nl=False)
    publish(note, targets)


@_audit.command("verify")
def verify_(
    keys: Keys = None,
    checkpoints: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", help="A file with a checkpoint that you have from before. Several can be given."),
    ] = None,
    last: Annotated[
        Path | None,
        typer.Option(help="Continue from the checkpoint in this file, and replace it with the one that was verified."),
    ] = None,
    processes: Annotated[
        int, typer.Option(min=1, help="The number of processes that hash events. Default: one for each core.")
    ] = os.cpu_count() or 1,
) -> None:
    """Compare all stored events with checkpoints: yours, and those in the database. Exit code 1 if anything is wrong.

    Read access is sufficient. Only checkpoints that were out of the operator's reach prove something to you.
    """
    with loading():
        from groupchat.bootstrap import audit_key
        from groupchat.proof.checkpoint import opened
        from groupchat.proof.kept import checkpoint_texts
        from groupchat.proof.notes import Note
        from groupchat.proof.parts import hashing
        from groupchat.proof.verifying import Report, opened_all, verify
    trusted = [audit_key(settings()).verifier] if keys is None else list(map(_verifier, keys))
    own, witnesses = ([key for key in trusted if key.is_witness == wanted] for wanted in (False, True))
    texts = [read_text(each) for each in checkpoints or ()]
    since = read_text(last) if last is not None and last.exists() else None
    with (
        existing() as database,
        progress("verifying") as on_progress,
        hashing(database, processes) as hashed,
        database.read() as connection,
    ):
        texts += [*checkpoint_texts(connection), *([] if since is None else [since])]
        found, forged = opened_all(texts, *own)
        if not texts:
            msg = "There is no checkpoint, so nothing can be proved. Sign one: `groupchat audit checkpoint`."
            raise NothingToVerifyError(msg)
        report = verify(connection, hashed, found, on_progress, None if since is None else opened(since, *own))
    _print_report(Report(report.events, report.matching, (*forged, *report.faults)))
    verified = next(Note.read(each) for each in texts if opened(each, *own).size == report.covered)
    _conclude(verified, witnesses, last)


def _conclude(verified: "Note", witnesses: "Sequence[VerifierKey]", last: Path | None) -> None:
    """Print who has cosigned the verified checkpoint, and store it to continue from."""
    for witness in verified.signers(witnesses):
        typer.echo(f"{witness.name} has cosigned it.")
    if last is not None:
        with written(str(last)) as file:
            file.write(str(verified).encode())


@_audit.command("prove")
def prove_(
    position: Annotated[int, typer.Argument(min=1, help="The event's position in the log.")],
    checkpoint: CheckpointFile = None,
) -> None:
    """Print a proof that the event at a position is in the log: with the event itself, the hashes, and a checkpoint."""
    with loading():
        from groupchat.proof.notes import Note
        from groupchat.proof.proving import prove
    note = None if checkpoint is None else Note.read(read_text(checkpoint))
    with existing() as database, database.read() as connection:
        found = prove(connection, position, note)
    typer.echo(found.text(with_leaf=True), nl=False)


@_audit.command("rebuild")
def rebuild_() -> None:
    """Compute the tree's tiles again from the stored events. Checkpoints stay, and `verify` shows whether they still match."""
    with loading():
        from groupchat.proof.growing import grow_again
        from groupchat.store.log import Log
    with existing() as database, progress("hashing") as on_progress:
        grow_again(database, Log.of(database).head(), on_progress)


# --- reading


def _verifier(key: str) -> "VerifierKey":
    from groupchat.proof.notes import read_verifier

    return read_verifier(key if "+" in key and not Path(key).exists() else read_text(Path(key)))


# --- printing


def _print_report(report: "Report") -> None:
    """Print the findings; raises `typer.Exit` if anything is wrong."""
    out = Console(soft_wrap=True, highlight=False)
    for each in report.faults:
        out.print(Text(clean(each.says), style="red"))
    if report.matching:
        newest = report.matching[-1]
        root = b64encode(newest.root).decode()
        out.print(
            f"The first {newest.size:,} events are those of the checkpoint of {newest.origin} with root {root}.", markup=False
        )
    if report.faults:
        raise typer.Exit(1)
    if (left := report.events - report.covered) > 0:
        out.print(f"No checkpoint covers the {left:,} events after them yet.")
