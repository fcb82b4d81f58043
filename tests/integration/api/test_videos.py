"""Videos as OpenAI's clients ask for them: what is asked, what is refused, and how."""

import asyncio
import base64
import re
from typing import Any
from uuid import UUID

import httpx

from api.app import create_app
from api.main import make_parts
from api.schemas.videos import job_of, video_id
from api.settings import ApiSettings
from db.engine import Database
from domain.access import LOCAL, Scope
from domain.credits import CreditTerms
from domain.statuses import JobStatus
from services.catalogue import Catalogue
from services.videos import home_of
from storage.folder import FolderStore
from tests.api_client import BASE, AddJob, Connect, Execute, MakeKey

VIDEOS = "/v1/videos"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 24
ASKED: dict[str, Any] = {"prompt": "a door opens", "model": "mock-2", "seconds": "8", "size": "1280x720"}

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"model": "sora-2"}, "model", "allowed: mock-1, mock-2, short-1; left out, it is mock-1"),
    ({"seconds": "5"}, "seconds", "4 or 6 or 8 s; the nearest is 4 s"),
    ({"seconds": "soon"}, "seconds", "should be a number of seconds"),
    ({"seconds": "nan"}, "seconds", "should be a number of seconds"),
    ({"seconds": True}, "seconds", "valid string"),
    ({"size": "1024x1792"}, "size", "allowed: 1280x720"),
    ({"prompt": " "}, "prompt", "must not be empty"),
    ({"prompt": "p" * 201}, "prompt", "at most 200 characters"),
    ({"n": 2}, "n", "there is no such field; allowed: prompt, model, seconds, size, input_reference"),
    ({"input_reference": {"file_id": "f"}}, "input_reference.file_id", "no store of files"),
    ({"input_reference": {}}, "input_reference.image_url", "is required"),
    ({"input_reference": {"image_url": "ftp://x/y.png"}}, "input_reference", "an http or https URL"),
    ({"input_reference": {"image_url": "gs://b/y.png"}}, "input_reference", "an http or https URL"),
    ({"input_reference": {"image_url": "data:,words"}}, "input_reference", "a PNG, JPEG or WebP"),
    (
        {"model": "short-1", "seconds": "3", "input_reference": {"image_url": "https://example.com/a.png"}},
        "input_reference",
        "this model takes no start frame",
    ),
]


def error(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Assert that an answer is this error in OpenAI's shape, and give it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    (name, body), *rest = response.json().items()
    assert (name, rest, set(body)) == ("error", [], {"message", "type", "param", "code"})
    assert body["code"] == code, body
    assert isinstance(body, dict)
    return body


async def create(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    response = await client.post(VIDEOS, json=ASKED | changes)
    assert response.status_code == 200, response.text
    made = response.json()
    assert isinstance(made, dict)
    return made


async def move(execute: Execute, video: str, status: JobStatus, **columns: Any) -> None:
    """Leave a video's job as an executor would."""
    values = {"in_hand": False, "finished_at": None, **columns, "status": status, "job": job_of(video)}
    changes = ", ".join(f"{name} = :{name}" for name in values if name != "job")
    await execute(f"UPDATE video_generation_jobs SET {changes} WHERE id = :job", **values)


async def complete(execute: Execute, store: FolderStore, video: str, content: bytes = b"0123456789") -> None:
    job = job_of(video)
    base = f"{home_of(LOCAL)}/{job}"
    names = {"storage_path": f"{base}.mp4", "poster_path": f"{base}.poster.jpg"}
    for column, key in names.items():
        path = store.root / key  # the object itself, as if it had been put
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(path.write_bytes, content if column == "storage_path" else b"jpeg")
    await execute(
        "UPDATE video_generation_jobs SET status = 'completed', storage_path = :path, poster_path = :poster, "
        "video_url = 'u', sha256 = 's', size_bytes = 10, completed_at = now(), finished_at = now(), "
        "progress = 100, width = 640, height = 360 WHERE id = :job",
        job=job,
        path=names["storage_path"],
        poster=names["poster_path"],
    )


async def test_a_video_is_a_job_in_its_callers_own_project(
    client: httpx.AsyncClient, execute: Execute
) -> None:
    response = await client.post(VIDEOS, json=ASKED)
    made = response.json()
    assert re.fullmatch(r"video_[0-9a-f]{32}", made["id"])
    assert abs(made["created_at"] - (await execute("SELECT extract(epoch FROM now())"))[0][0]) < 60
    assert {**made, "id": "", "created_at": 0} == {
        "id": "",
        "object": "video",
        "model": "mock-2",
        "status": "queued",
        "progress": 0,
        "created_at": 0,
        "completed_at": None,
        "expires_at": None,
        "prompt": "a door opens",
        "seconds": "8",
        "size": "1280x720",
        "remixed_from_video_id": None,
        "error": None,
    }
    assert 1_000 <= int(response.headers["openai-poll-after-ms"]) <= 10_000
    job = (await client.get(f"/api/v1/jobs/{job_of(made['id'])}")).json()
    assert (job["project_id"], job["provider"], job["model"]) == (str(home_of(LOCAL)), "mock", "mock-2")
    assert (job["aspect_ratio"], job["resolution"], job["estimated_cost"]) == ("16:9", "720p", 0.8)
    await create(client)
    assert await execute("SELECT count(*), min(title) FROM projects") == [(1, "Videos")]
    assert await execute("SELECT count(*) FROM scenes WHERE render_status = 'rendering'") == [(1,)]


async def test_what_is_left_out_is_the_models_own(client: httpx.AsyncClient) -> None:
    made = (await client.post(VIDEOS, json={"prompt": "p"})).json()
    assert (made["model"], made["seconds"], made["size"]) == ("mock-1", "4", "1280x720")
    other = (await client.post(VIDEOS, json={"prompt": "p", "model": "short-1", "seconds": 2.5})).json()
    assert (other["model"], other["seconds"]) == ("short-1", "2.5")


async def test_the_first_of_two_at_once_makes_the_project_for_both(
    client: httpx.AsyncClient, execute: Execute
) -> None:
    await asyncio.gather(*(create(client) for _ in range(4)))
    assert await execute("SELECT count(*) FROM projects") == [(1,)]
    assert await execute("SELECT count(*) FROM videos") == [(4,)]


async def test_what_cannot_be_made_is_refused_in_openais_shape(
    client: httpx.AsyncClient, execute: Execute
) -> None:
    for asked, param, said in REFUSED:
        body = error(await client.post(VIDEOS, json=ASKED | asked), 400, "invalid_request")
        assert (body["type"], body["param"]) == ("invalid_request_error", param), asked
        assert said in body["message"], asked
    assert await execute("SELECT count(*) FROM projects") == [(0,)]


async def test_everything_wrong_is_said_at_once(client: httpx.AsyncClient) -> None:
    response = await client.post(VIDEOS, json=ASKED | {"seconds": "5", "size": "1x1"})
    message = error(response, 400, "invalid_request")["message"]
    assert "size is '1x1'" in message
    assert "seconds is 5.0" in message


async def test_a_form_brings_its_picture(
    client: httpx.AsyncClient, execute: Execute, store: FolderStore
) -> None:
    files = {"input_reference": ("first.png", PNG, "image/png")}
    response = await client.post(VIDEOS, data=ASKED, files=files)
    assert response.status_code == 200, response.text
    ((key,),) = await execute("SELECT start_frame_url FROM video_generation_jobs")
    assert re.fullmatch(rf"{home_of(LOCAL)}/[0-9a-f-]{{36}}/input-[0-9a-f]{{40}}\.png", key)
    assert b"".join([chunk async for chunk in store.read(key)]) == PNG
    # The same picture once more is the same object.
    inline = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    await create(client, input_reference={"image_url": inline})
    assert await execute("SELECT DISTINCT start_frame_url FROM video_generation_jobs") == [(key,)]


async def test_a_form_says_as_much_as_json(client: httpx.AsyncClient, execute: Execute) -> None:
    address = "https://example.com/door.png"
    form = ASKED | {"input_reference[image_url]": address}
    response = await client.post(VIDEOS, files={name: (None, value) for name, value in form.items()})
    made = response.json()
    assert (made["model"], made["seconds"], made["size"]) == ("mock-2", "8", "1280x720")
    assert await execute("SELECT start_frame_url FROM video_generation_jobs") == [(address,)]


async def test_what_cannot_be_read_is_refused(client: httpx.AsyncClient) -> None:
    # Without its picture it would be another video, and paid.
    torn = b'--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na door\r\n--x\r\nContent-Dispo'
    for body, content_type, code in (
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x", "malformed_form"),
        (b"--x--", "multipart/form-data", "malformed_form"),
        (torn, "multipart/form-data; boundary=x", "malformed_form"),
        (b"{", "application/json", "malformed_json"),
    ):
        error(await client.post(VIDEOS, content=body, headers={"content-type": content_type}), 400, code)


async def test_a_form_has_one_picture_and_each_field_once(client: httpx.AsyncClient) -> None:
    picture = ("a.png", PNG, "image/png")
    two = [("input_reference", picture), ("other", picture)]
    error(await client.post(VIDEOS, data=ASKED, files=two), 400, "malformed_form")
    body = error(await client.post(VIDEOS, data=ASKED, files={"other": picture}), 400, "invalid_request")
    assert body["param"] == "other"
    twice: list[Any] = [("prompt", (None, "a")), ("prompt", (None, "b"))]
    body = error(await client.post(VIDEOS, files=twice), 400, "invalid_request")
    assert (body["param"], body["message"]) == ("prompt", "prompt is None; may be sent once")
    words: dict[str, Any] = {"input_reference": ("a.txt", b"words", "image/png")}
    body = error(await client.post(VIDEOS, data=ASKED, files=words), 400, "invalid_request")
    assert body["param"] == "input_reference"
    both: list[Any] = [
        ("input_reference", picture),
        ("input_reference[image_url]", (None, "https://e.com/a.png")),
    ]
    assert (
        "not both"
        in error(await client.post(VIDEOS, data=ASKED, files=both), 400, "invalid_request")["message"]
    )


async def test_forms_are_read_here_alone_and_never_from_a_foreign_page(
    client: httpx.AsyncClient, execute: Execute
) -> None:
    form = {name: (None, value) for name, value in ASKED.items()}
    foreign = {"Origin": "https://evil.example"}
    body = error(await client.post(VIDEOS, files=form, headers=foreign), 403, "origin_refused")
    assert body["type"] == "permission_error"
    error(await client.post(VIDEOS, data=ASKED), 415, "unsupported_media_type")
    video = (await create(client))["id"]
    error(await client.post(f"{VIDEOS}/{video}/remix", files=form), 415, "unsupported_media_type")
    assert (await client.post("/api/v1/projects", files=form)).status_code == 415
    assert await execute("SELECT count(*) FROM videos") == [(1,)]


async def test_no_answer_below_v1_has_another_shape(client: httpx.AsyncClient) -> None:
    error(await client.get("/v1/models"), 404, "not_found")
    error(await client.put(VIDEOS, json={}), 405, "method_not_allowed")
    error(await client.get(VIDEOS, headers={"Host": "evil.example"}), 400, "host_refused")
    error(await client.get(f"{VIDEOS}/video_{'0' * 32}"), 404, "not_found")
    error(await client.get(f"{VIDEOS}/nothing"), 404, "not_found")
    error(await client.get(VIDEOS, params={"limit": 101}), 400, "invalid_request")
    error(await client.get(VIDEOS, params={"after": "video_1"}), 400, "invalid_request")
    error(await client.get(VIDEOS, params={"after": f"video_{'0' * 32}"}), 400, "invalid_request")


async def test_a_key_is_not_checked_before_there_is_one(
    connect: Connect, make_key: MakeKey, execute: Execute
) -> None:
    stranger = connect(Authorization="Bearer sk-whatever")
    assert (await stranger.post(VIDEOS, json=ASKED)).status_code == 200
    # Only here, and only on this machine.
    assert (await stranger.get("/api/v1/projects")).status_code == 401
    elsewhere = connect(address="192.0.2.7", Authorization="Bearer sk-whatever")
    assert error(await elsewhere.get(VIDEOS), 401, "not_authenticated")["type"] == "authentication_error"
    secret = await make_key(Scope.RENDER)
    error(await stranger.get(VIDEOS), 401, "not_authenticated")
    owner = connect(Authorization=f"Bearer {secret}")
    assert (await owner.get(VIDEOS)).json()["data"] == []


async def test_everyone_has_videos_of_their_own(
    connect: Connect, make_key: MakeKey, execute: Execute
) -> None:
    first, second = [connect(Authorization=f"Bearer {await make_key(Scope.RENDER)}") for _ in range(2)]
    video = (await create(first))["id"]
    for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
        error(await second.request(method, f"{VIDEOS}/{video}{path}"), 404, "not_found")
    error(await second.post(f"{VIDEOS}/{video}/remix", json={"prompt": "p"}), 404, "not_found")
    error(await second.get(VIDEOS, params={"after": video}), 400, "invalid_request")
    project = (await first.get("/api/v1/projects")).json()["data"][0]["id"]
    bound = connect(Authorization=f"Bearer {await make_key(Scope.RENDER, projects=[project])}")
    error(await bound.post(VIDEOS, json=ASKED), 403, "not_allowed")
    assert (await bound.get(VIDEOS)).json()["data"] == []
    reader = connect(Authorization=f"Bearer {await make_key(Scope.READ)}")
    error(await reader.post(VIDEOS, json=ASKED), 403, "not_allowed")
    assert await execute("SELECT count(*) FROM videos") == [(1,)]


async def test_the_same_order_under_a_key_is_made_once(client: httpx.AsyncClient, execute: Execute) -> None:
    key = {"Idempotency-Key": "video-1"}
    picture = {"input_reference": ("a.png", PNG, "image/png")}
    first = await client.post(VIDEOS, data=ASKED, files=picture, headers=key)
    # Another boundary, and said to be a repetition.
    again = await client.post(
        VIDEOS, data=ASKED, files=picture, headers=key | {"x-stainless-retry-count": "1"}
    )
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    other = {"input_reference": ("a.png", PNG + b"1", "image/png")}
    refused = await client.post(VIDEOS, data=ASKED, files=other, headers=key)
    error(refused, 409, "idempotency_key_reused")
    assert refused.headers["x-should-retry"] == "false"
    assert await execute("SELECT count(*) FROM videos") == [(1,)]


async def test_a_clients_own_repetition_never_pays_twice(client: httpx.AsyncClient, execute: Execute) -> None:
    video = (await create(client))["id"]
    again = {"x-stainless-retry-count": "1"}
    for path, body in ((VIDEOS, ASKED), (f"{VIDEOS}/{video}/remix", {"prompt": "p"})):
        refused = await client.post(path, json=body, headers=again)
        error(refused, 409, "possible_duplicate")
        assert refused.headers["x-should-retry"] == "false"
    assert await execute("SELECT count(*) FROM videos") == [(1,)]
    assert (await client.get(VIDEOS, headers=again)).status_code == 200


async def test_every_status_has_a_name_there(client: httpx.AsyncClient, execute: Execute) -> None:
    ((moment,),) = await execute("SELECT now()")
    over = {"finished_at": moment}
    blocked = {"error_code": "content_blocked", "error_message": "No."}
    running = {"in_hand": True, "provider_job_id": "p"}
    for status, columns, shown, code in (
        (JobStatus.WAITING, {}, "queued", None),
        (JobStatus.PROCESSING, {"in_hand": True}, "in_progress", None),
        (JobStatus.GENERATING, running, "in_progress", None),
        (JobStatus.UPLOADING, running, "in_progress", None),
        (JobStatus.FAILED, over | blocked, "failed", "content_blocked"),
        (JobStatus.CANCELLED, over, "failed", "cancelled"),
    ):
        video = (await create(client))["id"]
        await move(execute, video, status, **columns)
        response = await client.get(f"{VIDEOS}/{video}")
        body = response.json()
        assert (body["status"], body["error"] and body["error"]["code"]) == (shown, code)
        assert ("openai-poll-after-ms" in response.headers) is (code is None)
        refused = (404, "not_found") if code else (409, "not_stored_yet")
        error(await client.get(f"{VIDEOS}/{video}/content"), *refused)


async def test_what_is_stored_is_streamed_with_ranges(
    client: httpx.AsyncClient, execute: Execute, store: FolderStore
) -> None:
    video = (await create(client))["id"]
    await complete(execute, store, video)
    shown = (await client.get(f"{VIDEOS}/{video}")).json()
    assert (shown["status"], shown["progress"], shown["size"]) == ("completed", 100, "640x360")
    assert shown["completed_at"] >= shown["created_at"]
    path = f"{VIDEOS}/{video}/content"
    whole = await client.get(path)
    assert (whole.content, whole.headers["content-type"]) == (b"0123456789", "video/mp4")
    assert whole.headers["cross-origin-resource-policy"] == "same-origin"
    part = await client.get(path, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["content-range"] == "bytes 2-4/10"
    error(await client.get(path, headers={"Range": "bytes=10-"}), 416, "range_not_satisfiable")
    assert (await client.head(path)).headers["content-length"] == "10"
    poster = await client.get(path, params={"variant": "thumbnail"})
    assert (poster.content, poster.headers["content-type"]) == (b"jpeg", "image/jpeg")
    error(await client.get(path, params={"variant": "spritesheet"}), 404, "not_found")
    error(await client.get(path, params={"variant": "script"}), 400, "invalid_request")


async def test_a_remix_differs_in_its_prompt_alone(client: httpx.AsyncClient, execute: Execute) -> None:
    first = await create(client, input_reference={"image_url": "https://example.com/a.png"})
    response = await client.post(f"{VIDEOS}/{first['id']}/remix", json={"prompt": "a door closes"})
    second = response.json()
    assert (second["prompt"], second["remixed_from_video_id"]) == ("a door closes", first["id"])
    same = ("model", "seconds", "size", "status")
    assert [second[name] for name in same] == [first[name] for name in same]
    assert await execute("SELECT count(DISTINCT start_frame_url) FROM video_generation_jobs") == [(1,)]
    long = await client.post(f"{VIDEOS}/{first['id']}/remix", json={"prompt": "p" * 201})
    assert error(long, 400, "invalid_request")["param"] == "prompt"
    await execute("UPDATE video_generation_jobs SET model = 'gone'")
    gone = await client.post(f"{VIDEOS}/{first['id']}/remix", json={"prompt": "p"})
    assert error(gone, 400, "invalid_request")["param"] == "model"


async def test_pages_follow_each_other_in_both_orders(client: httpx.AsyncClient) -> None:
    made = [(await create(client, prompt=f"take {number}"))["id"] for number in range(5)]
    for order, expected in (("desc", made[::-1]), ("asc", made)):
        seen: list[str] = []
        query: dict[str, str] = {"limit": "2", "order": order}
        for has_more in (True, True, False):
            page = (await client.get(VIDEOS, params=query)).json()
            assert (page["object"], page["has_more"]) == ("list", has_more)
            seen += [one["id"] for one in page["data"]]
            assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], seen[-1])
            query["after"] = page["last_id"]
        assert seen == expected
    # A place in the list remains one when what stood there is hidden.
    assert (await client.delete(f"{VIDEOS}/{made[2]}")).status_code == 200
    page = (await client.get(VIDEOS, params={"after": made[2]})).json()
    assert [one["id"] for one in page["data"]] == [made[1], made[0]]
    none = (await client.get(VIDEOS, params={"limit": 0})).json()
    assert (none["data"], none["first_id"], none["last_id"], none["has_more"]) == ([], None, None, True)


async def test_deleting_cancels_what_nobody_began_and_hides_the_rest(
    client: httpx.AsyncClient, execute: Execute, store: FolderStore
) -> None:
    queued, running, stored = [(await create(client))["id"] for _ in range(3)]
    await move(execute, running, JobStatus.GENERATING, in_hand=True, provider_job_id="p")
    await complete(execute, store, stored)
    for video in (queued, running, stored):
        response = await client.delete(f"{VIDEOS}/{video}")
        assert response.json() == {"id": video, "object": "video.deleted", "deleted": True}
        error(await client.get(f"{VIDEOS}/{video}"), 404, "not_found")
        error(await client.delete(f"{VIDEOS}/{video}"), 404, "not_found")
    assert (await client.get(VIDEOS)).json()["data"] == []
    jobs = [(await client.get(f"/api/v1/jobs/{job_of(one)}")).json() for one in (queued, running, stored)]
    assert [job["status"] for job in jobs] == ["cancelled", "generating", "completed"]
    assert await store.head(jobs[2]["storage_path"]) is not None


async def test_no_other_job_is_a_video(client: httpx.AsyncClient, add_job: AddJob) -> None:
    job = await add_job(JobStatus.QUEUED)
    error(await client.get(f"{VIDEOS}/{video_id(job)}"), 404, "not_found")
    assert job_of(video_id(job)) == job
    assert job_of(f"video_{job}") is None
    assert job_of(str(UUID(int=1).hex)) is None


async def test_credits_are_granted_to_the_project_that_a_refusal_names(
    database: Database, store: FolderStore, catalogue: Catalogue, settings: ApiSettings, execute: Execute
) -> None:
    app = create_app(make_parts(database, store, catalogue, terms=CreditTerms()), settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        refused = error(await client.post(VIDEOS, json=ASKED), 402, "insufficient_credits")
        ((receipt,),) = await execute("SELECT receipt FROM projects")
        assert f"in the project {receipt}" in refused["message"]
        assert await execute("SELECT count(*) FROM videos") == [(0,)]
        grant = await client.post(
            f"/api/v1/projects/{receipt}/credits/grants", json={"amount": 1}, headers={"Idempotency-Key": "g"}
        )
        assert grant.is_success, grant.text
        video = await create(client)
        error(
            await client.post(f"{VIDEOS}/{video['id']}/remix", json={"prompt": "p"}),
            402,
            "insufficient_credits",
        )
        assert (await client.delete(f"{VIDEOS}/{video['id']}")).status_code == 200
        # What nobody had begun is free again.
        assert (await client.post(VIDEOS, json=ASKED)).status_code == 200
