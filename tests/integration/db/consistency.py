"""What must be true of the database after anything at all, computed once more in plain Python."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from db.engine import Joined, Transactions
from domain.statuses import FINAL, IN_HAND, LIVE, JobStatus, RenderStatus
from domain.transitions import ALLOWED
from tests.factories import Row, rows

_NOTES = {"job.progress", "job.submit_unknown", "job.take_kept", "job.stopped", "credits.short"}
_OPEN = {"intent", "accepted", "unknown"}


async def assert_consistent(database: Transactions) -> None:
    """Read everything and hold it against the rules; nothing else may write meanwhile."""
    async with database.transaction() as connection:
        now = Joined(connection)
        jobs = {row["id"]: row for row in await rows(now, "SELECT * FROM video_generation_jobs")}
        attempts = await rows(now, "SELECT * FROM job_attempts ORDER BY job_id, number")
        events = await rows(now, "SELECT * FROM job_events ORDER BY id")
        gates = await rows(now, "SELECT * FROM gates")
        scenes = await rows(now, "SELECT * FROM scenes")
        projects = await rows(now, "SELECT * FROM projects")
        shots = await rows(now, "SELECT * FROM shots")
        executors = {row["id"] for row in await rows(now, "SELECT id FROM executors")}
    _gates_count_slots(jobs.values(), gates)
    _attempts_fit_their_jobs(jobs, attempts)
    _events_tell_the_whole_story(jobs, events)
    _roll_ups_are_true(list(jobs.values()), attempts, scenes, projects, shots)
    pending = {job["project_id"] for job in jobs.values() if _not_begun(job, attempts)}
    for project in projects:
        film = Film.of(project["id"], jobs.values(), scenes, shots)
        film.waits_for_something()
        if project["id"] not in pending:
            assert project["current_step"] == film.step(), project["id"]
    _nobody_is_lost(jobs.values(), executors)


def _nobody_is_lost(jobs: Iterable[Row], executors: set[object]) -> None:
    """A job in hand is in nobody's, to be taken over, or in those of somebody who has a heartbeat to lose."""
    if not executors:
        return  # The test claims without beating.
    for job in jobs:
        assert job["in_hand"] or job["status"] not in IN_HAND
        assert not job["in_hand"] or job["claimed_by"] is None or job["claimed_by"] in executors


def _gates_count_slots(jobs: Iterable[Row], gates: Iterable[Row]) -> None:
    held = Counter((job["provider"], job["kind"]) for job in jobs if job["slot_held"])
    counted = {(gate["provider"], gate["kind"]): gate["in_flight"] for gate in gates}
    assert {key: count for key, count in counted.items() if count} == held


def _attempts_fit_their_jobs(jobs: dict[object, Row], attempts: list[Row]) -> None:
    by_job: dict[object, list[Row]] = {job: [] for job in jobs}
    for attempt in attempts:
        by_job[attempt["job_id"]].append(attempt)
    for job_id, made in by_job.items():
        job = jobs[job_id]
        assert [attempt["number"] for attempt in made] == list(range(1, len(made) + 1))
        still_open = [attempt for attempt in made if attempt["state"] in _OPEN]
        assert len(still_open) <= 1
        # A claim counts as a generation from the start; everything beyond it has an attempt to show.
        begins = job["status"] == JobStatus.PROCESSING and not still_open
        late = job["error_code"] == "submit_unknown" and made[-1]["state"] == "rejected"
        counted = [attempt for attempt in made if attempt["state"] != "rejected"]
        assert job["attempt_count"] <= len(counted) + (begins or late), job
        if job["status"] in {JobStatus.QUEUED, JobStatus.COMPLETED, JobStatus.CANCELLED}:
            assert not still_open
        if job["status"] in {JobStatus.GENERATING, JobStatus.UPLOADING} and job["kind"] != "film":
            assert made[-1]["provider_job_id"] == job["provider_job_id"]


def _events_tell_the_whole_story(jobs: dict[object, Row], events: list[Row]) -> None:
    status: dict[object, str] = {}
    for event in events:
        if event["job_id"] is None or event["type"] in _NOTES:
            continue
        now, before = event["data"]["status"], event["data"].get("previous_status")
        assert before == status.get(event["job_id"]), f"a gap before {event}"
        assert before is None or JobStatus(now) in ALLOWED[JobStatus(before)], event
        assert event["type"] == f"job.{now}"
        status[event["job_id"]] = now
    assert status == {job_id: job["status"] for job_id, job in jobs.items()}


def _roll_ups_are_true(
    jobs: list[Row], attempts: list[Row], scenes: list[Row], projects: list[Row], shots: list[Row]
) -> None:
    begun = {attempt["job_id"] for attempt in attempts}
    pending = set()
    decided = {job["shot_id"] for job in deciding_jobs(jobs)}
    missing = [shot for shot in shots if shot["id"] not in decided]
    short = {shot["scene_id"] for shot in missing}
    for scene in scenes:
        of_scene = (scene["id"], scene["project_id"])
        deciding = deciding_jobs([job for job in jobs if (job["scene_id"], job["project_id"]) == of_scene])
        expected = status_of(deciding)
        live = [job for job in deciding if job["status"] in LIVE]
        if expected is RenderStatus.RENDERING and not any(job["id"] in begun for job in live):
            # Inserted by SQL: shown by whoever first works on it.
            pending.add(scene["project_id"])
            continue
        assert scene["render_status"] == expected, scene["id"]
        _review_is_true(scene, expected is RenderStatus.COMPLETE and scene["id"] not in short)
    for project in projects:
        theirs = [s["render_status"] for s in scenes if s["project_id"] == project["id"]]
        if project["id"] not in pending:
            expected = _project_status(theirs)
            if expected is RenderStatus.COMPLETE and project["id"] in {s["project_id"] for s in missing}:
                expected = RenderStatus.PENDING
            assert project["status"] == expected, project["id"]


def _review_is_true(scene: Row, complete: bool) -> None:
    """A person's decision stands, where the clips allow it; else it is what the clips make of it."""
    status = scene["review_status"]
    assert scene["review_ready"] == (status == "video_complete"), scene
    if status != "returned":
        assert complete == (status in {"video_complete", "approved"}), scene
    assert status not in {"video_complete", "approved"} or scene["stage"] == 12, scene


def deciding_jobs(jobs: Iterable[Row]) -> list[Row]:
    """Give the newest video job per shot that is not cancelled, and every one without a shot."""
    alone, newest = [], dict[object, Row]()
    for job in jobs:
        if job["kind"] != "video" or job["status"] == JobStatus.CANCELLED:
            continue
        shot = job["shot_id"]
        if shot is None:
            alone.append(job)
        elif shot not in newest or _age(newest[shot]) < _age(job):
            newest[shot] = job
    return [*alone, *newest.values()]


def _age(job: Row) -> tuple[object, object]:
    return job["created_at"], job["id"]


def status_of(deciding: Iterable[Row]) -> RenderStatus:
    """Give what deciding jobs make of their scene."""
    statuses = {JobStatus(job["status"]) for job in deciding}
    assert statuses <= LIVE | FINAL - {JobStatus.CANCELLED}
    if statuses & LIVE:
        return RenderStatus.RENDERING
    if JobStatus.FAILED in statuses:
        return RenderStatus.FAILED
    return RenderStatus.COMPLETE if statuses else RenderStatus.PENDING


def _not_begun(job: Row, attempts: Iterable[Row]) -> bool:
    """Tell whether an insert by SQL may not have been shown yet: whoever first works on the job shows it."""
    begun = {attempt["job_id"] for attempt in attempts}
    return job["status"] in {JobStatus.QUEUED, JobStatus.PROCESSING} and job["id"] not in begun


@dataclass(frozen=True)
class Film:
    """A project's jobs, scenes and shots."""

    jobs: list[Row]
    scenes: list[Row]
    shots: list[Row]

    @classmethod
    def of(cls, project: object, *tables: Iterable[Row]) -> "Film":
        jobs, scenes, shots = ([row for row in rows if row["project_id"] == project] for rows in tables)
        return cls(jobs, scenes, shots)

    def of_shot(self, shot: object, kind: str) -> list[Row]:
        """Give a shot's jobs of a kind that are not cancelled, the newest last."""
        made = [job for job in self.jobs if job["shot_id"] == shot and job["kind"] == kind]
        return sorted((job for job in made if job["status"] != JobStatus.CANCELLED), key=_age)

    def has_clip(self, shot: Row) -> bool:
        made = [job for job in self.jobs if job["shot_id"] == shot["id"] and job["kind"] == "video"]
        chosen = [job for job in made if job["id"] == shot["chosen_job_id"] and job["storage_path"]]
        return any(job["status"] == JobStatus.COMPLETED for job in made) or bool(chosen)

    def waits_for_something(self) -> None:
        """Fail where a job waits although what it waited for is there."""
        for job in self.jobs:
            if job["status"] != JobStatus.WAITING or (job["kind"] == "video" and job["shot_id"] is None):
                continue
            if job["kind"] == "video":
                images = self.of_shot(job["shot_id"], "image")
                assert not images or images[-1]["status"] != JobStatus.COMPLETED, job
            if job["kind"] == "film":
                shots = [s for s in self.shots if job["scene_id"] in {None, s["scene_id"]}]
                clips = [
                    j for j in self.jobs if j["kind"] == "video" and job["scene_id"] in {None, j["scene_id"]}
                ]
                statuses = {clip["status"] for clip in clips}
                whole = JobStatus.COMPLETED in statuses and all(map(self.has_clip, shots))
                assert not whole or statuses & LIVE, job

    def step(self) -> str:
        """Say how far it is."""
        moving = {job["kind"] for job in self.jobs if job["status"] in LIVE - {JobStatus.WAITING}}
        for kind, step in (("image", "images"), ("video", "videos"), ("film", "stitching")):
            if kind in moving:
                return step
        if any(job["status"] == JobStatus.WAITING or self.failed(job) for job in self.jobs):
            return "failed"
        made = {
            j["scene_id"] for j in self.jobs if (j["kind"], j["status"]) == ("video", JobStatus.COMPLETED)
        }
        if self.scenes and made >= {s["id"] for s in self.scenes} and all(map(self.has_clip, self.shots)):
            return "complete"
        bare = {shot["id"] for shot in self.shots if not self.has_clip(shot)}
        for job in self.jobs:
            alone = job["shot_id"] is None and job["kind"] == "video" and job["scene_id"] not in made
            if job["status"] == JobStatus.CANCELLED and (job["shot_id"] in bare or alone):
                return "cancelled"
        return "script"

    def failed(self, job: Row) -> bool:
        """Tell whether a person has to do something about a job."""
        if job["status"] != JobStatus.FAILED:
            return False
        if job["scene_id"] is not None and job["scene_id"] not in {scene["id"] for scene in self.scenes}:
            return False  # It names another project's scene, fails alone for that, and decides nothing.
        if job["kind"] == "film":
            films = [j for j in self.jobs if j["kind"] == "film" and j["scene_id"] == job["scene_id"]]
            return job is max((j for j in films if j["status"] != JobStatus.CANCELLED), key=_age)
        if job["shot_id"] is None:
            return True
        videos = self.of_shot(job["shot_id"], "video")
        needless = job["kind"] == "image" and any(v["status"] != JobStatus.WAITING for v in videos)
        return job is self.of_shot(job["shot_id"], job["kind"])[-1] and not needless


def _project_status(scenes: list[str]) -> RenderStatus:
    for first in (RenderStatus.RENDERING, RenderStatus.FAILED, RenderStatus.PENDING):
        if first in scenes:
            return first
    return RenderStatus.COMPLETE if scenes else RenderStatus.PENDING
