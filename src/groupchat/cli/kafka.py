"""Commands for Kafka: topics, and the relay as a separate process."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from groupchat.cli.later import loading
from groupchat.cli.shell import clean, run, say, settings, started
from groupchat.settings import Settings

if TYPE_CHECKING:
    from groupchat.bootstrap import System
    from groupchat.processes.relay.relay import Relay

app = typer.Typer()

Prefix = Annotated[
    str | None,
    typer.Option(help="Prefix of the topic names. Default: GROUPCHAT_KAFKA_TOPIC_PREFIX.", show_default=False),
]


@app.command()
def topics(topic_prefix: Prefix = None) -> None:
    """Create missing Kafka topics, and report topics that differ from the settings. It alters none.

    Exit code 1 if some differ.
    """
    with loading():
        from groupchat.bootstrap import required_brokers
        from groupchat.broker import administration
    chosen = settings()
    planned = administration.planned(
        prefix=_prefix(topic_prefix, chosen),
        partitions=chosen.kafka_partitions,
        replication=chosen.kafka_replication,
        retention_hours=chosen.kafka_retention_hours,
    )
    made = administration.make(required_brokers(chosen), planned)
    for name in made.created:
        typer.echo(f"created {name}")
    for difference in made.differences:
        typer.echo(difference)
    if made.differences:
        say.print("These topics were not changed. Alter them with Kafka's own tools, or change the settings.")
        raise typer.Exit(1)
    if not made.created:
        say.print("All topics exist and match the settings.")


@app.command()
def relay(
    start: Annotated[
        int | None,
        typer.Option(
            "--from", min=0, help="Continue after this position, whatever Kafka has. 0 publishes everything.", show_default=False
        ),
    ] = None,
    topic_prefix: Prefix = None,
    *,
    until_end: Annotated[bool, typer.Option("--until-end", help="Stop when the end of the log is published.")] = False,
) -> None:
    """Publish events to Kafka until Ctrl-C, as `serve` and `work` do. Use this to set the relay's position, and for replays.

    With another `--topic-prefix`, it fills separate topics, next to the live relay and without disturbing it. Create them with
    `groupchat topics --topic-prefix NAME` first. To continue after a stop, omit `--from`.
    """
    with loading():
        from groupchat.bootstrap import relay_of, required_brokers, running
        from groupchat.processes.relay.starting import progress_at

    async def until_stopped(chosen: Settings) -> bool:
        required_brokers(chosen)
        async with running(chosen) as system:
            if start is not None:
                await asyncio.to_thread(progress_at, system.store, start)
            worker = relay_of(system.settings, system.store, prefix=_prefix(topic_prefix, chosen), start=start)
            return await _relayed(system, worker, until_end=until_end)

    if not run(until_stopped(settings())):
        raise typer.Exit(1)


async def _relayed(system: "System", worker: "Relay", *, until_end: bool) -> bool:
    """Relay until a signal arrives; return whether nothing has stopped the relay."""
    from groupchat.store.positions import statuses
    from groupchat.workers import on_signal

    stop = asyncio.Event()
    on_signal(stop.set)
    started(system.settings, f"Relaying as {worker.name}. Stop with Ctrl-C.", workers=[worker.name])
    await worker.run(stop, until_end=until_end)
    status = (await asyncio.to_thread(statuses, system.database)).get(worker.name)
    if status is not None and status.stopped_at is not None:
        say.print(f"[red]groupchat:[/red] {escape(clean(status.error or ''))}", highlight=False)
        return False
    return True


def _prefix(given: str | None, chosen: Settings) -> str:
    return given if given is not None else chosen.kafka_topic_prefix or ""
