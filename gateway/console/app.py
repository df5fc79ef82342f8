"""Routes of the console, and what is the same for all of them."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from . import api, page
from .errors import BadQuery, answer
from .ports import Config, Live, Store
from .security import SecurityHeaders

_STATIC = Path(__file__).with_name("static")


def build(live: Live, store: Store, config: Config) -> Starlette:
    """Web application; the handlers find what they need in `app.state`."""
    app = Starlette(
        routes=[
            Route("/", page.index),
            Route("/api/snapshot", api.snapshot),
            Route("/api/events", api.events),
            Route("/api/trend", api.trend),
            Route("/healthz", api.healthz),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={BadQuery: answer},
    )
    app.state.live = live
    app.state.store = store
    app.state.config = config
    return app
