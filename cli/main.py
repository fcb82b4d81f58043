"""The ``rushes`` command: what it understands. What a command does is imported when it runs.

Imports inside the functions keep ``rushes --help`` fast: PyAV, boto3 and SQLAlchemy take over a second
together, and no command needs all of them.
"""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from typer.core import TyperGroup

from cli.failing import reported
from cli.film_commands import Project, films_app, review_app
from domain.access import Scope
from domain.statuses import JobKind, JobStatus
from providers.simulators.names import Simulated


class _Commands(TyperGroup):
    """A group whose expected errors end as one line on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        with reported(debug=bool(ctx.params.get("debug"))):
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Commands,
    help="The render executor for AI video: never pays twice, never loses a clip it paid for.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Settings come from the environment and .env; docs/reference/settings.md lists them.",
)
jobs_app = typer.Typer(help="Look at jobs and move them.", no_args_is_help=True)
keys_app = typer.Typer(help="API keys.", no_args_is_help=True)
credits_app = typer.Typer(help="What projects may spend.", no_args_is_help=True)
app.add_typer(films_app)
app.add_typer(review_app, name="review")
app.add_typer(jobs_app, name="jobs")
app.add_typer(keys_app, name="keys")
app.add_typer(credits_app, name="credits")

_Job = Annotated[UUID, typer.Argument(metavar="JOB", help="The job's id.", show_default=False)]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rushes {version('rushes')}")
        raise typer.Exit


@app.callback()
def options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False,
) -> None:
    """Take what is said before the command; the options act by themselves."""


@app.command()
def demo(
    exit_when_done: Annotated[
        bool, typer.Option("--exit", help="Stop when the film is done; exit 0 only if every clip is stored.")
    ] = False,
    paid: Annotated[
        bool, typer.Option("--paid", help="Spend money without asking where VIDEO_PROVIDER costs any.")
    ] = False,
) -> None:
    """Watch a sample film render: no account, no Docker, no server."""
    from cli.demo import run_demo

    raise typer.Exit(run_demo(keep_serving=not exit_when_done, paid=paid))


@app.command()
def up() -> None:
    """Run the API and an executor in one process."""
    from cli.answering import run_api
    from cli.executing import run_executor
    from cli.running import run_together

    run_together(run_api, run_executor)


@app.command()
def api() -> None:
    """Run the HTTP API alone."""
    from cli.answering import run_api
    from cli.running import run_together

    run_together(run_api)


@app.command()
def executor() -> None:
    """Run an executor: claims jobs, renders them, stores the clips."""
    from cli.executing import run_executor
    from cli.running import run_together

    run_together(run_executor)


@app.command()
def migrate() -> None:
    """Bring the database to the schema of this release. Safe to repeat, and safe to run twice at once."""
    from cli.migrating import migrate_database

    typer.echo(migrate_database())


@app.command()
def doctor() -> None:
    """Check everything that Rushes stands on, and say how to mend what is wrong."""
    from cli.doctor import examine

    raise typer.Exit(examine())


@app.command()
def simulate(
    who: Annotated[Simulated, typer.Argument(metavar="grok|veo3", help="Whom to play.")],
    *,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port; 0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="A loopback address.")] = "127.0.0.1",
    env_file: Annotated[
        Path | None,
        typer.Option(help="Write the export lines to this file too, there while the simulator listens."),
    ] = None,
    delay: Annotated[
        float | None, typer.Option(min=0, help="Seconds of a generation (SIMULATE_DELAY_SECONDS).")
    ] = None,
    price: Annotated[
        float | None,
        typer.Option(
            min=0, help="USD for a second of clip (SIMULATE_PRICE_PER_SECOND); by default the list's."
        ),
    ] = None,
    faults: Annotated[
        str | None, typer.Option(help="Faults of every request, such as rate_limited=2 (SIMULATE_FAULTS).")
    ] = None,
    inline: Annotated[
        bool, typer.Option("--inline", help="veo3: no bucket, clips come inside the answers.")
    ] = False,
) -> None:
    """Play a provider on this machine, to try and test the real adapters without an account."""
    from decimal import Decimal

    from cli.simulating import Place, run_simulator

    given = {
        "delay_seconds": delay,
        "price_per_second": None if price is None else Decimal(str(price)),
        "faults": faults,
    }
    run_simulator(who, Place(host, port, env_file, inline), given)


@app.command(name="import")
def import_script(
    script: Annotated[
        Path, typer.Argument(metavar="SCRIPT.JSON", help="The JSON of POST /projects; - reads stdin.")
    ],
    *,
    render: Annotated[bool, typer.Option("--render", help="Order the whole film, as generate does.")] = False,
    paid: Annotated[bool, typer.Option("--paid", help="Spend real money without being asked.")] = False,
) -> None:
    """Create a project from a script, all of it or, when anything is wrong, nothing."""
    from cli.importing import import_film

    raise typer.Exit(import_film(script, render=render, paid=paid))


@jobs_app.command(name="list")
def list_jobs(
    project: Annotated[str | None, typer.Option(help="Only of this project, by id or receipt.")] = None,
    status: Annotated[list[JobStatus] | None, typer.Option(help="Only these; repeatable.")] = None,
    kind: Annotated[JobKind | None, typer.Option(help="Only of this kind.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many at most.")] = 50,
) -> None:
    """List jobs, newest first."""
    from cli.jobs import list_jobs as act

    act(project=project, statuses=status or (), kind=kind, limit=limit)


@jobs_app.command()
def show(job: _Job) -> None:
    """Show a job, its attempts, and what it waits for."""
    from cli.jobs import show_job

    show_job(job)


@jobs_app.command()
def retry(
    job: _Job,
    accept_possible_duplicate: Annotated[
        bool,
        typer.Option(
            "--accept-possible-duplicate",
            help="Retry although the provider may have made and billed the clip already.",
        ),
    ] = False,
) -> None:
    """Queue a failed job again."""
    from cli.jobs import retry_job

    retry_job(job, accept_possible_duplicate=accept_possible_duplicate)


@jobs_app.command()
def cancel(job: _Job) -> None:
    """Cancel a job and say which of these happened: nothing was started, we stopped waiting, too late."""
    from cli.jobs import cancel_job

    cancel_job(job)


@keys_app.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is for.")] = "default",
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it allows; each includes the ones before it.")
    ] = None,
    project: Annotated[
        list[str] | None, typer.Option(help="Only for this project, by id or receipt; repeatable.")
    ] = None,
) -> None:
    """Make an API key. Its secret is printed once, on stdout."""
    from cli.keys import create_key

    create_key(name=name, scopes=scope or (Scope.ADMIN,), projects=project or ())


@keys_app.command(name="list")
def list_keys() -> None:
    """List the API keys; secrets are kept nowhere."""
    from cli.keys import list_keys as act

    act()


@keys_app.command()
def revoke(key: Annotated[UUID, typer.Argument(metavar="KEY", help="The key's id.")]) -> None:
    """Make a key worthless, now and for good."""
    from cli.keys import revoke_key

    revoke_key(key)


@credits_app.command(name="show")
def show_credits(
    project: Project,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many entries at most.")] = 20,
) -> None:
    """Show how a project's account stands, and the latest entries of its ledger."""
    from cli.credits import show_credits as act

    act(project, limit=limit)


@credits_app.command()
def grant(
    project: Project,
    amount: Annotated[str, typer.Argument(metavar="USD", help="Such as 25 or 0.50.", show_default=False)],
    key: Annotated[
        str | None, typer.Option(help="Grants once under this key, however often it is said.")
    ] = None,
    note: Annotated[str | None, typer.Option(help="What for; stands in the ledger.")] = None,
) -> None:
    """Grant credits to a project; jobs that waited for them go on."""
    from cli.credits import grant_credits

    grant_credits(project, amount, key=key, note=note)
