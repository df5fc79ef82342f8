"""The console: one page that answers in five seconds whether anything is wrong, where and how bad.

`build(live, store, config)` makes the web application; `ports` says what it asks of the three.
Importing this package loads neither Starlette nor Jinja.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from .ports import Config, Live, Store


def build(live: "Live", store: "Store", config: "Config") -> "Starlette":
    """Web application over the live state, the committed history and the configuration."""
    from . import app

    return app.build(live, store, config)
