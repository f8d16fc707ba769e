"""The API page: three static files of our own that read `/openapi.json`; nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

router = APIRouter(include_in_schema=False)

_FOLDER = Path(__file__).parent / "static"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("/docs")
async def page() -> Response:
    """The page."""
    return _static("page.html", "text/html")


@router.get("/docs/page.js")
async def script() -> Response:
    """Its script."""
    return _static("page.js", "text/javascript")


@router.get("/docs/page.css")
async def style() -> Response:
    """Its style."""
    return _static("page.css", "text/css")


def _static(name: str, media_type: str) -> Response:
    content = (_FOLDER / name).read_bytes()
    return Response(content, media_type=media_type, headers={"Content-Security-Policy": _POLICY})
