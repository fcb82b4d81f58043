"""What ``rushes generate``, ``cancel``, ``retry-failed``, ``resume`` and ``rushes review`` understand."""

from typing import Annotated
from uuid import UUID

import typer

from domain.review import IssueStatus, IssueType

films_app = typer.Typer()
review_app = typer.Typer(
    help="Look at scenes, send them back, resolve what is wrong, approve them.", no_args_is_help=True
)

Project = Annotated[
    str, typer.Argument(metavar="PROJECT", help="The project's id or receipt.", show_default=False)
]
_Scene = Annotated[
    str,
    typer.Argument(metavar="SCENE", help="The scene's number in the film, or its id.", show_default=False),
]
_Scenes = Annotated[
    list[UUID] | None, typer.Option("--scene", help="Only this scene, by id; repeatable.", show_default=False)
]
_Accept = Annotated[
    bool,
    typer.Option(
        "--accept-possible-duplicate",
        help="Retry even what the provider may have made and billed already.",
    ),
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what it would come to.")]
_Paid = Annotated[bool, typer.Option("--paid", help="Spend money without asking, where it costs any.")]


@films_app.command()
def generate(
    project: Project,
    *,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="missing (the default), failed, all, or a scene's id, a shot's id or label; repeatable.",
            show_default=False,
        ),
    ] = None,
    provider: Annotated[str | None, typer.Option(help="Who makes the clips.")] = None,
    model: Annotated[str | None, typer.Option(help="With which model.")] = None,
    dry_run: _DryRun = False,
    paid: _Paid = False,
) -> None:
    """Queue all that a film lacks: images, clips, films. Says the quote first, and asks where it is paid."""
    from cli.ordering import generate as act

    code = act(project, scope or (), provider=provider, model=model, dry_run=dry_run, paid=paid)
    raise typer.Exit(code)


@films_app.command()
def cancel(project: Project, scene: _Scenes = None) -> None:
    """Cancel all of a film that has not started, and say what goes on."""
    from cli.ordering import cancel as act

    act(project, scene or ())


@films_app.command()
def retry_failed(
    project: Project,
    scene: _Scenes = None,
    *,
    accept_possible_duplicate: _Accept = False,
    dry_run: _DryRun = False,
    paid: _Paid = False,
) -> None:
    """Queue again all of a film that failed, and nothing else."""
    from cli.ordering import retry_failed as act

    accept = accept_possible_duplicate
    code = act(project, scene or (), accept_possible_duplicate=accept, dry_run=dry_run, paid=paid)
    raise typer.Exit(code)


@films_app.command()
def resume(
    project: Project,
    *,
    accept_possible_duplicate: _Accept = False,
    dry_run: _DryRun = False,
    paid: _Paid = False,
) -> None:
    """Go on with a film that stopped: retry what failed, make what is missing, nothing twice."""
    from cli.ordering import resume as act

    accept = accept_possible_duplicate
    raise typer.Exit(act(project, accept_possible_duplicate=accept, dry_run=dry_run, paid=paid))


@review_app.command(name="list")
def list_review(
    project: Project,
    scene: Annotated[
        str | None, typer.Argument(metavar="[SCENE]", help="Its issues instead.", show_default=False)
    ] = None,
    status: Annotated[IssueStatus | None, typer.Option(help="Only these issues.")] = None,
) -> None:
    """List the scenes of a project as their review stands, or the issues of one, newest first."""
    from cli.reviewing import list_issues, list_scenes

    if scene is None:
        list_scenes(project)
    else:
        list_issues(project, scene, status)


@review_app.command()
def issue(
    project: Project,
    scene: _Scene,
    kind: Annotated[IssueType, typer.Argument(metavar="TYPE", help="What is wrong.", show_default=False)],
    description: Annotated[str, typer.Argument(metavar="DESCRIPTION", show_default=False)],
    *,
    shot: Annotated[str | None, typer.Option(help="The shot that it is about, by label or id.")] = None,
    at_seconds: Annotated[float | None, typer.Option(min=0, help="From the scene's beginning.")] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only say what would open again, and what it would cost.")
    ] = False,
) -> None:
    """Send a scene back to the stage where what is wrong is mended: 7, 8 or 9, by its type."""
    from cli.reviewing import file_issue

    file_issue(project, scene, kind, description, shot, at_seconds, preview=preview)


@review_app.command()
def resolve(
    project: Project,
    scene: _Scene,
    issue: Annotated[UUID, typer.Argument(metavar="ISSUE", help="The issue's id.", show_default=False)],
) -> None:
    """Resolve an issue; with the last one the scene comes back to review."""
    from cli.reviewing import resolve_issue

    resolve_issue(project, scene, issue)


@review_app.command()
def approve(project: Project, scene: _Scene) -> None:
    """Approve a scene with the clips that stand for its shots."""
    from cli.reviewing import approve_scene

    approve_scene(project, scene)
