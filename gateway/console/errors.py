"""What a caller did wrong, said so that the caller can mend it.

BadQuery     a parameter of the query is missing or unusable: 400, or 404 for an unknown thing
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class BadQuery(Exception):
    """`field` of the query cannot be used; `detail` says what would do."""

    def __init__(self, field: str, detail: str, status: int = 400):
        super().__init__(field, detail)
        self.field = field
        self.detail = detail
        self.status = status


async def answer(_request: Request, error: Exception) -> Response:
    """BadQuery as JSON."""
    assert isinstance(error, BadQuery)
    body = {"error": "bad query", "field": error.field, "detail": error.detail}
    return JSONResponse(body, error.status)
