"""GET /: the empty page in one language, with its texts; the scripts fill it from the snapshot."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from protocols import words

from . import i18n

_TEMPLATES = Path(__file__).with_name("templates")
_STATIC = Path(__file__).with_name("static")
_YEAR_S = 365 * 24 * 3600


async def index(request: Request) -> Response:
    """The page; a language asked for is remembered."""
    asked = request.query_params.get("lang")
    config = request.app.state.config
    language = i18n.choose(asked, request.cookies.get(i18n.COOKIE), config.console.language)
    response = HTMLResponse(_render(language, config.site.name))
    if asked is not None:
        response.set_cookie(i18n.COOKIE, language, max_age=_YEAR_S, samesite="strict")
    return response


def _render(language: str, site: str) -> str:
    texts = i18n.words(language)
    return _template().render(
        t=texts.__getitem__,
        language=language,
        languages=i18n.LANGUAGES,
        site=site,
        modules=_modules(),
        # What the scripts need, in a block of data: the page allows no script of its own.
        data={"language": language, "texts": texts, "categories": words.CATEGORIES},
    )


@cache
def _modules() -> list[str]:
    """Every script, so that the page asks for all at once and not for each when it is met."""
    found = [*(_STATIC / "js").glob("*.js"), *(_STATIC / "vendor").rglob("*.js")]
    return sorted(path.relative_to(_STATIC).as_posix() for path in found)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("index.html")
