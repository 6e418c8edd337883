"""Uploads: whoever sends one is admitted before a byte of it is read, and no more of it is read than is taken."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.types import Message

from api.auth import admit
from api.bodies import limited
from api.problems import Problem

FORM: Final = "multipart/form-data"
ROOM_BYTES: Final = 64 * 1024  # for the form around the files


class UploadRoute(APIRoute):
    """A route whose form may hold at most `most` bytes of files. `uploads` makes one."""

    most: ClassVar[int]

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def admitted(request: Request) -> Response:
            await run_in_threadpool(admit, request)
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
                raise Problem(415, "unsupported-media-type", f"send {FORM}")
            return await handle(Request(request.scope, _receiving(request, self.most + ROOM_BYTES)))

        return admitted


def uploads(most: int) -> type[UploadRoute]:
    """The class of a router's routes that take at most so many bytes of files."""
    return type("UploadRoute", (UploadRoute,), {"most": most})


def _receiving(request: Request, most: int) -> Callable[[], Coroutine[Any, Any, Message]]:
    """The messages of a request's body, as long as there are not more of its bytes than this."""
    chunks = limited(request, most)

    async def receive() -> Message:
        try:
            return {"type": "http.request", "body": await anext(chunks), "more_body": True}
        except StopAsyncIteration:
            return {"type": "http.request", "body": b"", "more_body": False}

    return receive
