"""Stored objects of the folder, by signed link: what browsers need to play and seek."""

import re
from http import HTTPStatus

from api.call import Answer, Call
from api.endpoints import Endpoint
from api.parts import LinkVerifier
from api.playing import play
from domain.errors import NotFoundError

# Whoever has the link may play it on any page, for as long as it lasts.
_ANYWHERE = {"Cross-Origin-Resource-Policy": "cross-origin"}


class Media:
    """Serves stored objects to whoever has a signed link."""

    def __init__(self, links: LinkVerifier) -> None:
        self._links = links

    async def get(self, call: Call) -> Answer:
        """Stream an object, or the asked part of it."""
        key = call.word("key")
        if not self._is_ours(call, key):
            raise NotFoundError("this link is not valid, or not any more; ask for a new one")
        return await play(call, key, _ANYWHERE)

    def _is_ours(self, call: Call, key: str) -> bool:
        query = call.request.query_params
        expires, signature = query.get("expires", ""), query.get("signature", "")
        if not re.fullmatch(r"\d{1,15}", expires):
            return False
        # The signature covers the key, and only we sign: no other path is ever looked at.
        return self._links.verify(key, int(expires), signature, call.parts.now())

    def endpoints(self) -> tuple[Endpoint, ...]:
        """List the operations."""
        return (
            Endpoint(
                method="GET",
                path="/media/{key:path}",
                handler=self.get,
                summary="Play a stored object by its signed link",
                description="Links come from answers; they need no header and expire. Ranges are served.",
                tag="Operations",
                answers={
                    HTTPStatus.OK: "application/octet-stream",
                    HTTPStatus.PARTIAL_CONTENT: "application/octet-stream",
                },
                codes=("range_not_satisfiable",),
                at_root=True,
            ),
        )
