"""Review: where an issue sends a scene, what turns stale by it, and that two people get one answer each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from db.engine import Database, Transactions
from db.queue import PostgresQueue
from db.records import PostgresRecords
from domain.access import LOCAL
from domain.errors import ConflictError, InvalidRequestError, NotFoundError
from domain.films import Film, NewProject, NewScene, NewShot, Scene
from domain.pipeline import RenderScope
from domain.records import Transaction
from domain.review import Issue, IssueStatus, IssueType, NewIssue
from domain.statuses import JobKind, JobStatus, ReviewStatus
from services import editing, pipeline, review
from services.catalogue import Catalogue, Offer
from services.editing import ShotPath
from services.pipeline import FilmOrder
from services.review import Filed, ScenePath
from tests.api_client import ABLE, DRAWS
from tests.factories import Life, card, claim_all, complete_all, insert_job, lane, rows
from tests.integration.db.consistency import assert_consistent
from tests.integration.db.races import held, waiting

T, R, K = IssueType, ReviewStatus, JobKind
ME = card().id
CATALOGUE = Catalogue(
    [
        Offer(K.VIDEO, "mock", {"mock-1": ABLE}, is_default=True),
        Offer(K.IMAGE, "mock", {"mock-image": DRAWS}, is_default=True),
    ]
)
STORY = NewProject(
    title="The Lighthouse",
    scenes=(
        NewScene(
            title="Dusk",
            shots=(
                NewShot(label="1A", image_prompt="A lamp", video_prompt="It turns on", duration_seconds=4.0),
                NewShot(label="1B", image_prompt="A stair", video_prompt="Up she goes", duration_seconds=6.0),
            ),
        ),
        NewScene(title="Night", shots=(NewShot(label="2A", video_prompt="Waves", duration_seconds=8.0),)),
    ),
)


@dataclass(frozen=True)
class Studio:
    """A film whose clips are all there, and what people do with it, each in a transaction of its own."""

    database: Database
    film: Film

    @property
    def dusk(self) -> ScenePath:
        return ScenePath(self.film.project.receipt, self.film.scenes[0].id)

    def shot(self, number: int) -> UUID:
        return self.film.scenes[0].shots[number].id

    @asynccontextmanager
    async def transaction(self, through: Transactions | None = None) -> AsyncIterator[Transaction]:
        database = through or self.database
        assert isinstance(database, Database)
        async with PostgresRecords(database).transaction() as tx:
            yield tx

    async def file(
        self, kind: IssueType = T.VISUAL_CONTINUITY, through: Transactions | None = None, **of: Any
    ) -> Filed:
        new = NewIssue(type=kind, description="Her coat is red.", **of)
        async with self.transaction(through) as tx:
            return await review.file(tx, LOCAL, CATALOGUE, self.dusk, new)

    async def resolve(self, issue: Issue | None) -> Scene:
        assert issue is not None
        async with self.transaction() as tx:
            return (await review.resolve(tx, LOCAL, self.dusk, issue.id))[1]

    async def approve(self, through: Transactions | None = None) -> Scene:
        async with self.transaction(through) as tx:
            return await review.approve(tx, LOCAL, self.dusk)

    async def order(self, scope: RenderScope | list[str], through: Transactions | None = None) -> list[str]:
        """Order takes, and give their kinds."""
        order = FilmOrder(project=str(self.film.project.id), scope=scope)
        async with self.transaction(through) as tx:
            made = await pipeline.generate(tx, LOCAL, CATALOGUE, order)
        return [job.kind for job in made.jobs if job.kind is not K.FILM]

    async def make(self) -> None:
        await complete_all(PostgresQueue(self.database), ME)

    async def scene(self, number: int = 0) -> Scene:
        async with self.transaction() as tx:
            film = await tx.projects.film(self.film.project.id)
        assert film is not None
        return film.scenes[number]

    async def stands(self) -> tuple[ReviewStatus, bool, int, int]:
        scene = await self.scene()
        return scene.review_status, scene.review_ready, scene.stage, scene.open_issues

    async def stale(self) -> list[str]:
        """Name the stale takes, as in ``1A video 2``."""
        async with self.transaction() as tx:
            takes = await tx.takes.of_project(self.film.project.id)
        labels = {shot.id: shot.label for scene in self.film.scenes for shot in scene.shots}
        found = [take for of_shot in takes.values() for take in of_shot if take.stale]
        return sorted(f"{labels[take.shot_id]} {take.kind} {take.number}" for take in found)

    async def told(self) -> list[str]:
        found = await rows(
            self.database, "SELECT type FROM job_events WHERE type LIKE 'review.%' ORDER BY id"
        )
        return [event["type"] for event in found]


@pytest.fixture
async def studio(database: Database) -> Studio:
    async with PostgresRecords(database).transaction() as tx:
        film = await tx.projects.create(STORY)
    studio = Studio(database, film)
    await studio.order(RenderScope.MISSING)
    assert await studio.stands() == (R.PENDING, False, 7, 0)
    await studio.make()
    return studio


async def jobs(studio: Studio) -> list[dict[str, Any]]:
    query = "SELECT id, status, storage_path, attempt_count FROM video_generation_jobs ORDER BY id"
    return await rows(studio.database, query)


async def test_a_scene_is_review_ready_once_all_of_its_videos_are_there(studio: Studio) -> None:
    assert await studio.stands() == (R.VIDEO_COMPLETE, True, 12, 0)
    assert await studio.told() == [], "scene.complete tells it"
    await assert_consistent(studio.database)


IMAGES_AND_CLIPS = ["1A image 1", "1A video 1", "1B image 1", "1B video 1"]


@pytest.mark.parametrize(
    ("kind", "stage", "stale", "price"),
    [
        (T.TIMING, 7, IMAGES_AND_CLIPS, "1.08"),
        (T.NARRATIVE_STRUCTURE, 7, IMAGES_AND_CLIPS, "1.08"),
        (T.VISUAL_CONTINUITY, 8, IMAGES_AND_CLIPS, "1.08"),
        (T.DIALOGUE_AUDIO, 9, ["1A video 1", "1B video 1"], "1.00"),
    ],
)
async def test_an_issue_sends_a_scene_back_and_what_that_stage_feeds_is_stale(
    studio: Studio, kind: IssueType, stage: int, stale: list[str], price: str
) -> None:
    before = await jobs(studio)
    new = NewIssue(type=kind, description="x")
    async with studio.transaction() as tx:
        foreseen = await review.preview(tx, LOCAL, CATALOGUE, studio.dusk, new)
    assert (await studio.stands(), await studio.stale(), await studio.told()) == (
        (R.VIDEO_COMPLETE, True, 12, 0),
        [],
        [],
    ), "a preview changes nothing"
    filed = await studio.file(kind)
    assert await studio.stands() == (R.RETURNED, False, stage, 1)
    assert await studio.stale() == stale
    assert await jobs(studio) == before, "nothing is deleted, and nothing is made"
    assert foreseen.reopens == filed.reopens
    assert (foreseen.scene.stage, foreseen.scene.review_status) == (stage, R.RETURNED)
    assert filed.reopens.estimate.quote == Decimal(price)
    order = FilmOrder(project=str(studio.film.project.id), scope=["1A", "1B"])
    async with studio.transaction() as tx:
        assert (await pipeline.estimate(tx, LOCAL, CATALOGUE, order)).quote == Decimal(price)
    with pytest.raises(ConflictError) as nothing:
        await studio.order(RenderScope.MISSING)
    assert nothing.value.code == "nothing_to_render"
    assert (await studio.scene(1)).review_status is R.VIDEO_COMPLETE


async def test_an_issue_of_a_shot_opens_that_shot_alone_and_a_new_take_is_not_stale(studio: Studio) -> None:
    filed = await studio.file(shot_id=studio.shot(1), at_seconds=10.0)
    assert [shot.label for shot in filed.reopens.shots] == ["1B"]
    assert filed.reopens.estimate.quote == Decimal("0.64")
    assert await studio.stale() == ["1B image 1", "1B video 1"]
    assert await studio.order(["1B"]) == ["image", "video"]
    await studio.make()
    assert await studio.stale() == ["1B image 1", "1B video 1"], "what was sent back, and nothing else"
    assert await studio.stands() == (R.RETURNED, False, 8, 1), "nobody brought it back yet"
    assert (await studio.resolve(filed.issue)).review_ready
    assert await studio.told() == ["review.returned", "review.ready", "review.resolved"]
    await studio.approve()
    assert await studio.stale() == ["1B image 1", "1B video 1"], "they do not stand for it any more"


async def test_only_the_clip_is_made_anew_for_what_is_heard(studio: Studio) -> None:
    await studio.file(T.DIALOGUE_AUDIO)
    assert await studio.order(["1A"]) == ["video"]


async def test_what_was_ordered_before_is_stale_when_it_arrives(studio: Studio) -> None:
    await studio.order(["1A"])
    filed = await studio.file(T.DIALOGUE_AUDIO)
    assert [problem.where for problem in filed.reopens.estimate.problems] == ["1A"], "it is on its way"
    await studio.make()
    assert await studio.stale() == ["1A video 1", "1A video 2", "1B video 1"]


async def test_a_scene_is_at_the_earliest_stage_of_its_open_issues(studio: Studio) -> None:
    timing = await studio.file(T.TIMING)
    await studio.file(T.DIALOGUE_AUDIO)
    assert await studio.stands() == (R.RETURNED, False, 7, 2)
    assert (await studio.resolve(timing.issue)).stage == 9
    told = await studio.told()
    assert (await studio.resolve(timing.issue)).open_issues == 1
    assert await studio.told() == told, "it was resolved already"
    with pytest.raises(ConflictError) as refused:
        await studio.approve()
    assert refused.value.code == "not_review_ready"
    assert [problem.field for problem in refused.value.problems] == ["issues"]


async def test_a_scene_that_is_still_being_made_is_ready_when_it_is_complete(studio: Studio) -> None:
    filed = await studio.file(shot_id=studio.shot(0))
    await studio.order(["1A"])
    scene = await studio.resolve(filed.issue)
    assert (scene.review_status, scene.review_ready, scene.stage) == (R.PENDING, False, 12)
    with pytest.raises(ConflictError) as refused:
        await studio.approve()
    assert [(one.field, one.value) for one in refused.value.problems] == [("shots", "1A")]
    await studio.make()
    assert await studio.stands() == (R.VIDEO_COMPLETE, True, 12, 0)
    await assert_consistent(studio.database)


async def test_an_approval_accepts_what_stands_although_it_was_sent_back(studio: Studio) -> None:
    filed = await studio.file()
    await studio.resolve(filed.issue)
    assert await studio.stale() == IMAGES_AND_CLIPS, "the reviewer sees that nothing was made anew"
    first = await studio.approve()
    assert (first.review_status, first.review_ready, first.stage) == (R.APPROVED, False, 12)
    assert await studio.stale() == []
    assert await studio.approve() == first
    assert (await studio.told()).count("review.approved") == 1
    await assert_consistent(studio.database)


async def test_an_approval_ends_with_another_clip(studio: Studio) -> None:
    await studio.order(["1A"])
    await studio.make()
    await studio.approve()
    path = ShotPath(str(studio.film.project.id), studio.dusk.scene, studio.shot(0))
    query = (
        "SELECT id FROM video_generation_jobs WHERE shot_id = :shot AND kind = 'video' ORDER BY created_at"
    )
    older, _ = await rows(studio.database, query, shot=studio.shot(0))
    async with studio.transaction() as tx:
        await editing.choose_take(tx, LOCAL, path, older["id"])
    assert await studio.stands() == (R.VIDEO_COMPLETE, True, 12, 0)
    await studio.approve()
    async with studio.transaction() as tx:
        await editing.choose_take(tx, LOCAL, path, older["id"])
    assert (await studio.scene()).review_status is R.APPROVED, "the same clip again"
    await studio.order(["1B"])
    assert await studio.stands() == (R.PENDING, False, 12, 0)
    await studio.make()
    assert await studio.stands() == (R.VIDEO_COMPLETE, True, 12, 0)


async def test_an_approval_ends_with_another_shot(studio: Studio) -> None:
    await studio.approve()
    new = NewShot(label="1C", video_prompt="Fog", duration_seconds=4.0)
    async with studio.transaction() as tx:
        await editing.add_shot(tx, LOCAL, studio.dusk.project, studio.dusk.scene, new, None, 10)
    assert await studio.stands() == (R.PENDING, False, 12, 0)
    assert await studio.told() == ["review.approved", "review.ended"]


async def test_a_retry_ends_review_ready(studio: Studio) -> None:
    await studio.order(["1A"])
    queue = PostgresQueue(studio.database)
    (taken,) = await claim_all(queue, ME, lane(5))
    life = await Life(queue, taken).to(JobStatus.PROCESSING)
    await life.lose_answer()
    await life.give_up()
    assert (await studio.scene()).review_ready is False
    async with studio.transaction() as tx:
        await tx.moves.retry(taken.job.id, accept_possible_duplicate=True)
    assert (await studio.scene()).review_ready is False
    await studio.make()
    assert (await studio.scene()).review_ready is True


async def test_a_job_that_nobody_has_shown_yet_is_not_approved_over(studio: Studio) -> None:
    scene = studio.film.scenes[0]
    await insert_job(studio.database, project_id=scene.project_id, scene_id=scene.id, shot_id=studio.shot(0))
    assert (await studio.scene()).review_ready, "inserted by SQL"
    with pytest.raises(ConflictError, match="rendering"):
        await studio.approve()
    assert (await studio.scene()).review_ready, "a refusal changes nothing"


@pytest.mark.parametrize(
    ("of", "field"),
    [
        ({"shot_id": uuid4()}, "shot_id"),
        ({"at_seconds": 12.5}, "at_seconds"),
    ],
)
async def test_an_issue_of_something_else_is_refused(studio: Studio, of: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        await studio.file(**of)
    (problem,) = refused.value.problems
    assert (problem.field, problem.value) == (field, next(iter(map(_shown, of.values()))))
    assert ("1B" in problem.allowed) if field == "shot_id" else ("0 to 12," in problem.allowed)
    assert await studio.stands() == (R.VIDEO_COMPLETE, True, 12, 0)


def _shown(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value


async def test_an_issue_of_another_scene_is_not_found(studio: Studio) -> None:
    filed = await studio.file()
    assert filed.issue is not None
    other = ScenePath(studio.film.project.receipt, studio.film.scenes[1].id)
    async with studio.transaction() as tx:
        with pytest.raises(NotFoundError):
            await review.resolve(tx, LOCAL, other, filed.issue.id)


async def test_an_approval_that_comes_while_an_issue_is_filed_is_refused(studio: Studio) -> None:
    async with held(studio.database) as other:
        filing = asyncio.create_task(studio.file(through=other))
        await other.done.wait()
        approving = asyncio.create_task(studio.approve())
        await waiting(studio.database)
        other.go.set()
        await filing
        with pytest.raises(ConflictError) as refused:
            await approving
    assert refused.value.code == "not_review_ready"
    assert await studio.stands() == (R.RETURNED, False, 8, 1)


async def test_an_issue_that_comes_while_a_scene_is_approved_sends_it_back(studio: Studio) -> None:
    async with held(studio.database) as other:
        approving = asyncio.create_task(studio.approve(other))
        await other.done.wait()
        filing = asyncio.create_task(studio.file())
        await waiting(studio.database)
        other.go.set()
        assert (await approving).review_status is R.APPROVED
        await filing
    assert await studio.stands() == (R.RETURNED, False, 8, 1)
    assert await studio.told() == ["review.approved", "review.returned"]


async def test_two_issues_at_once_are_both_filed_and_the_earlier_stage_counts(studio: Studio) -> None:
    async with held(studio.database) as other:
        first = asyncio.create_task(studio.file(T.TIMING, other))
        await other.done.wait()
        second = asyncio.create_task(studio.file(T.DIALOGUE_AUDIO))
        await waiting(studio.database)
        other.go.set()
        assert ((await first).scene.open_issues, (await second).scene.open_issues) == (1, 2)
    assert await studio.stands() == (R.RETURNED, False, 7, 2)


async def test_an_order_that_waits_for_an_issue_makes_takes_that_are_not_stale(studio: Studio) -> None:
    async with held(studio.database) as other:
        filing = asyncio.create_task(studio.file(T.DIALOGUE_AUDIO, other))
        await other.done.wait()
        ordering = asyncio.create_task(studio.order(["1A"]))
        await waiting(studio.database)
        other.go.set()
        await filing
        await ordering
    await studio.make()
    assert await studio.stale() == ["1A video 1", "1B video 1"]


async def test_the_last_clip_ends_while_its_scene_is_sent_back(studio: Studio) -> None:
    await studio.order(["1A"])
    queue = PostgresQueue(studio.database)
    (taken,) = await claim_all(queue, ME, lane(5))
    life = await Life(queue, taken).to(JobStatus.UPLOADING)
    async with held(studio.database) as other:
        filing = asyncio.create_task(studio.file(T.DIALOGUE_AUDIO, other))
        await other.done.wait()
        ending = asyncio.create_task(life.complete())
        await waiting(studio.database)
        other.go.set()
        await filing
        await ending
    assert await studio.stands() == (R.RETURNED, False, 9, 1)
    assert "1A video 2" in await studio.stale()
    await assert_consistent(studio.database)


async def test_issues_are_listed_newest_first_and_by_status(studio: Studio) -> None:
    filed = [(await studio.file(kind)).issue for kind in (T.TIMING, T.TIMING, T.DIALOGUE_AUDIO)]
    await studio.resolve(filed[1])

    async def listed(status: IssueStatus | None) -> list[UUID]:
        async with studio.transaction() as tx:
            page = await review.page(tx, LOCAL, studio.dusk, status, None, 10)
        return [issue.id for issue in page.data]

    ids = [issue.id for issue in filed if issue]
    assert await listed(None) == ids[::-1]
    assert await listed(IssueStatus.OPEN) == [ids[2], ids[0]]
    assert await listed(IssueStatus.RESOLVED) == [ids[1]]
