"""Commands that create a workspace, serve, work, and run the demo."""

import asyncio
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from groupchat.broker.topics import PROJECTIONS
from groupchat.cli.later import loading
from groupchat.cli.shell import clean, run, say, settings, started
from groupchat.settings import Settings
from groupchat.values import names
from groupchat.values.email import is_address
from groupchat.values.errors import ExpectedError
from groupchat.values.ids import new_id
from groupchat.webhooks.secret_keys import new_key

if TYPE_CHECKING:
    from groupchat.commands.keys import OperatorsKey
    from groupchat.commands.workspaces import Founded

app = typer.Typer()


class FollowedTogetherError(ExpectedError):
    """The view follows Kafka only together with others; the message says which."""


class ProjectionSource(StrEnum):
    """The source that the projections of conversations follow."""

    LOG = "log"
    KAFKA = "kafka"


Host = Annotated[str, typer.Option(help="The address to listen on. 0.0.0.0 listens on all networks.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on. 0 chooses a free one.")]


@app.command()
def init(
    workspace: Annotated[str, typer.Option(help="The workspace's name.")],
    owner: Annotated[str, typer.Option(help="The owner's e-mail address.")],
) -> None:
    """Create a workspace and its owner; print `{"workspace_id", "user_id", "api_key"}` as JSON. The key is shown only here."""
    if fault := names.fault(workspace.strip()):
        msg = f"{fault}."
        raise typer.BadParameter(msg, param_hint="--workspace")
    if not is_address(owner):
        msg = "Give an e-mail address."
        raise typer.BadParameter(msg, param_hint="--owner")

    with loading():
        from groupchat.audit import directory
        from groupchat.bootstrap import running
        from groupchat.commands.keys import by_operator
        from groupchat.commands.workspaces import create_workspace

    async def founded(chosen: Settings) -> "Founded":
        async with running(chosen) as system:
            if others := await asyncio.to_thread(lambda: [each.name for each in directory.workspaces(system.store.log)]):
                say.print(clean(f"This database has other workspaces already: {', '.join(others)}."), highlight=False, markup=False)
            cause = by_operator(new_id("wsp"))
            return (await system.store.run(cause, create_workspace, workspace.strip(), owner)).value

    typer.echo(msgspec.json.encode(run(founded(settings()))).decode())


@app.command()
def key(
    workspace: Annotated[str, typer.Argument(help="The workspace's id, `wsp_...`.")],
    email: Annotated[str, typer.Argument(help="The user's e-mail address.")],
) -> None:
    """Issue another key to a user; print it as `init` does. For example, when an owner has lost theirs."""
    with loading():
        from groupchat.bootstrap import running
        from groupchat.commands.keys import by_operator, issue_to_mailbox

    async def issued(chosen: Settings) -> "OperatorsKey":
        async with running(chosen) as system:
            return (await system.store.run(by_operator(workspace), issue_to_mailbox, email)).value

    typer.echo(msgspec.json.encode(run(issued(settings()))).decode())


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    *,
    no_workers: Annotated[bool, typer.Option("--no-workers", help="Serve HTTP only, and run `groupchat work` elsewhere.")] = False,
) -> None:
    """Serve the HTTP API, and run all workers in the same process unless `--no-workers` is set."""
    with loading():
        from groupchat import server
    chosen = settings()
    run(server.serve(chosen, host, port, workers=None if no_workers else (), announce=partial(_announce, chosen)))


@app.command()
def work(
    names: Annotated[list[str] | None, typer.Argument(help="The workers to run. Default: all.")] = None,
    *,
    excepted: Annotated[
        list[str] | None, typer.Option("--except", help="A worker not to run; can be repeated. Default: none.")
    ] = None,
    source: Annotated[
        ProjectionSource, typer.Option(help="What `projections` follow: the log, or the topic of conversations in Kafka.")
    ] = ProjectionSource.LOG,
    health_file: Annotated[
        Path | None, typer.Option(help="A file to touch every 5 seconds while the workers are alive.", show_default=False)
    ] = None,
) -> None:
    """Run workers without HTTP: projections, contact changes, delivery, webhooks, the simulated carrier.

    Workers: the projections (inbox, thread, pane, ledger, or these four as `projections`; read_marks, message_search, contacts,
    do_not_disturb, refusals, reviews), contact_changes, delivery, media_fetching, overdue_reviews, webhooks, proof, simulator,
    housekeeping, twilio if it is configured, checkpoints if a key is set, and relay if brokers are set. If several processes run
    the same worker, one works, and another takes over when it ends. With `--except NAME`, all others run, including those that
    later versions add. With `--source kafka`, all processes that run `projections` share the work, and other workers follow the
    log.
    """
    if names and excepted:
        msg = "Give the names of workers or --except, not both."
        raise typer.BadParameter(msg)

    with loading():
        from groupchat.bootstrap import OPTIONAL_WORKERS, over_kafka, running, working
        from groupchat.workers import all_but, keep_touched, on_signal

    async def until_stopped(chosen: Settings) -> None:
        async with running(chosen) as whole:
            system = over_kafka(whole) if source is ProjectionSource.KAFKA else whole
            asked = [name for given in names or () for name in _meant(given, source)]
            if excepted:
                asked = all_but(system.workers, [name for given in excepted for name in _meant(given, source)], OPTIONAL_WORKERS)
            async with working(system, asked) as stop:
                doing = asked or list(system.workers)
                started(chosen, f"Working: {', '.join(doing)}. Stop with Ctrl-C.", workers=doing)
                on_signal(stop.set)
                await (stop.wait() if health_file is None else keep_touched(health_file, stop))

    run(until_stopped(settings()))


@app.command()
def demo(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Serve a small demo workspace, and print the address, an API key, and what to try.

    Unlike `serve`, it logs no requests unless GROUPCHAT_LOG_LEVEL is set, so that the key stays in view. Unless
    GROUPCHAT_WEBHOOK_KEY is set, webhooks have a key for as long as it runs, and may call this machine.
    """
    with loading():
        from groupchat import server
    chosen = settings(log_level="warning", webhook_key=new_key(), webhook_networks="127.0.0.0/8")
    run(server.serve(chosen, host, port, workers=(), announce=partial(_announce, chosen), with_demo=True))


def _meant(name: str, source: ProjectionSource) -> tuple[str, ...]:
    """Return the workers behind a name; raises `FollowedTogetherError` for one view alone that follows Kafka with others."""
    from groupchat.projections import CONVERSATION_VIEWS

    together = tuple(view.name for view in CONVERSATION_VIEWS)
    if source is ProjectionSource.KAFKA and name in together:
        msg = f"{', '.join(together)} follow Kafka together. Use `groupchat work projections --source kafka`."
        raise FollowedTogetherError(msg)
    return together if source is ProjectionSource.LOG and name == PROJECTIONS else (name,)


def _announce(chosen: Settings, address: str, lines: list[str]) -> None:
    words = "\n".join([f"groupchat listens on {address}  (API: {address}/docs)", *lines])
    started(chosen, words, address=address)
