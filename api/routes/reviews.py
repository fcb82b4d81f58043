"""Review of scenes: issues and approval."""

from http import HTTPStatus

from pydantic import Field

from api import cursors
from api.call import Answer, Call
from api.endpoints import Endpoint
from api.schemas.base import Queried
from api.schemas.paging import Limit
from api.schemas.reviews import (
    IssueFiledOut,
    IssueIn,
    IssueList,
    IssueOut,
    IssuePreviewOut,
    IssueResolvedOut,
    SceneReview,
)
from domain.access import Scope
from domain.records import Transaction
from domain.review import IssueStatus
from services import review
from services.review import ScenePath


class IssuesQuery(Queried):
    """Which issues, and which page of them."""

    status: IssueStatus | None = Field(default=None, description="Default: both.")
    after: str | None = Field(default=None, description="The next of an earlier page.")
    limit: Limit = 50


async def file_issue(call: Call) -> Answer:
    """Send a scene back, or tell what that would open again."""
    asked, where = call.read(IssueIn), _where(call)
    catalogue, new = call.parts.catalogue, asked.to_domain()
    if asked.preview:
        async with call.transaction() as tx:
            found = await review.preview(tx, call.caller, catalogue, where, new)
        return Answer(HTTPStatus.OK, IssuePreviewOut.of(found))

    async def change(tx: Transaction) -> Answer:
        filed = await review.file(tx, call.caller, catalogue, where, new)
        return Answer(HTTPStatus.CREATED, IssueFiledOut.of(filed))

    return await call.once(change)


async def list_issues(call: Call) -> Answer:
    """List the issues of a scene."""
    query, where = call.query(IssuesQuery), _where(call)
    after = cursors.decode(query.after)
    async with call.transaction() as tx:
        page = await review.page(tx, call.caller, where, query.status, after, query.limit)
    return Answer(HTTPStatus.OK, IssueList.of(page.data, cursors.encode(page.next)))


async def resolve_issue(call: Call) -> Answer:
    """Close an issue."""
    issue, where = call.id("issue_id"), _where(call)

    async def change(tx: Transaction) -> Answer:
        closed, scene = await review.resolve(tx, call.caller, where, issue)
        answer = IssueResolvedOut(issue=IssueOut.model_validate(closed), scene=SceneReview.of(scene))
        return Answer(HTTPStatus.OK, answer)

    return await call.once(change)


async def approve_scene(call: Call) -> Answer:
    """Approve a scene."""
    where = _where(call)

    async def change(tx: Transaction) -> Answer:
        return Answer(HTTPStatus.OK, SceneReview.of(await review.approve(tx, call.caller, where)))

    return await call.once(change)


def _where(call: Call) -> ScenePath:
    return ScenePath(call.word("project_id"), call.id("scene_id"))


_TAG = "Review"
_SCENE = "/projects/{project_id}/scenes/{scene_id}"
ENDPOINTS = (
    Endpoint(
        method="POST",
        path=f"{_SCENE}/issues",
        handler=file_issue,
        summary="Send a scene back",
        description="Files what is wrong and sends the scene back to the stage where that is mended. What "
        "that stage feeds turns stale; nothing is deleted, and nothing is made by itself. With preview it "
        "only tells what would open again, and the quote.",
        tag=_TAG,
        scope=Scope.RENDER,
        body=IssueIn,
        answers={HTTPStatus.CREATED: IssueFiledOut, HTTPStatus.OK: IssuePreviewOut},
    ),
    Endpoint(
        method="GET",
        path=f"{_SCENE}/issues",
        handler=list_issues,
        summary="List the issues of a scene, newest first",
        tag=_TAG,
        scope=Scope.READ,
        query=IssuesQuery,
        answers={HTTPStatus.OK: IssueList},
    ),
    Endpoint(
        method="POST",
        path=f"{_SCENE}/issues/{{issue_id}}/resolve",
        handler=resolve_issue,
        summary="Resolve an issue",
        description="With its last open issue the scene comes back to stage 12, and is ready for review as "
        "soon as every shot has its clip. Resolving once more changes nothing.",
        tag=_TAG,
        scope=Scope.RENDER,
        answers={HTTPStatus.OK: IssueResolvedOut},
    ),
    Endpoint(
        method="POST",
        path=f"{_SCENE}/approve",
        handler=approve_scene,
        summary="Approve a scene",
        description="With the clips that stand for its shots; what was sent back and stands all the same is "
        "accepted by it. Approving once more changes nothing. An approval ends with any other clip.",
        tag=_TAG,
        scope=Scope.RENDER,
        answers={HTTPStatus.OK: SceneReview},
        codes=("not_review_ready",),
    ),
)
