"""The page's session: a key is sent once, and from then on a cookie that no script reads."""

from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from api.auth import SESSION_COOKIE, session_of
from api.call import Answer, Call
from api.endpoints import Endpoint
from api.schemas.session import SessionIn, SessionOut
from domain.access import Scope
from services import sessions


async def open_session(call: Call) -> Answer:
    """Exchange a key for a session."""
    key = call.read(SessionIn).key
    async with call.transaction() as tx:
        opened = await sessions.open_with(tx, key)
    body = SessionOut.of(opened.caller).model_dump(mode="json")
    response = JSONResponse(body, HTTPStatus.CREATED)
    response.set_cookie(
        SESSION_COOKIE,
        opened.secret,
        max_age=int(sessions.LIFETIME.total_seconds()),
        secure=call.request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return Answer(HTTPStatus.CREATED, response)


async def show_session(call: Call) -> Answer:
    """Tell what this caller may do."""
    return Answer(HTTPStatus.OK, SessionOut.of(call.caller))


async def end_session(call: Call) -> Answer:
    """End the session of the cookie that is sent, if any."""
    secret = session_of(call.request)
    if secret is not None:
        async with call.transaction() as tx:
            await sessions.end(tx, secret)
    response = Response(status_code=HTTPStatus.NO_CONTENT)
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
    return Answer(HTTPStatus.NO_CONTENT, response)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/session",
        handler=open_session,
        summary="Open a session with a key",
        description="Sets a cookie for this site alone, which no script can read. It opens what the key "
        "opens, for seven days and no longer than the key itself.",
        tag="Session",
        body=SessionIn,
        answers={HTTPStatus.CREATED: SessionOut},
        keyed=False,
    ),
    Endpoint(
        method="GET",
        path="/session",
        handler=show_session,
        summary="Show what this caller may do",
        tag="Session",
        scope=Scope.READ,
        answers={HTTPStatus.OK: SessionOut},
    ),
    Endpoint(
        method="DELETE",
        path="/session",
        handler=end_session,
        summary="End the session",
        tag="Session",
        answers={HTTPStatus.NO_CONTENT: ""},
    ),
)
