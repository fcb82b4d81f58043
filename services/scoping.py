"""Find the shots that people name."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from domain.errors import InvalidRequestError, Problem
from domain.films import Film, Scene, Shot


class Pick(NamedTuple):
    """A shot, and where it is."""

    scene: Scene
    shot: Shot


def named(film: Film, names: Sequence[str]) -> Sequence[Pick]:
    """Give the shots that these names mean, in film order, each once.

    A name is the id of a scene, the id of a shot, or a shot's label.

    Raises:
        InvalidRequestError: some name means nothing here, or shots of several scenes.
    """
    every = [Pick(scene, shot) for scene in film.scenes for shot in scene.shots]
    scenes = {str(scene.id) for scene in film.scenes}
    problems: list[Problem] = []
    wanted: set[UUID] = set()
    for name in names:
        key = name.casefold()
        found = [pick for pick in every if key in {str(pick.scene.id), str(pick.shot.id)}]
        labelled = [pick for pick in every if pick.shot.label.casefold() == key]
        if not found and len(labelled) > 1:
            ids = ", ".join(str(pick.shot.id) for pick in labelled)
            problems.append(Problem("scope", name, f"several shots have this label; name one of {ids}"))
        elif not found and not labelled and key not in scenes:
            allowed = "missing, failed, all, or ids of scenes and ids or labels of shots of this project"
            problems.append(Problem("scope", name, allowed))
        wanted.update(pick.shot.id for pick in found or labelled)
    if problems:
        raise InvalidRequestError(problems)
    return [pick for pick in every if pick.shot.id in wanted]
