"""Words of the page in two languages, keyed; which language a request gets.

A text may hold parameters in braces, the same ones in every language. Words for codes are keyed by
the stable words of `protocols.words`, so that a code without a translation fails a test.
"""

import json
from functools import cache
from pathlib import Path

from .errors import BadQuery

LANGUAGES = ("zh", "en")
COOKIE = "lang"

_LOCALE = Path(__file__).with_name("locale")


@cache
def words(language: str) -> dict[str, str]:
    """Every text of a language by its key."""
    path = _LOCALE / f"{language}.json"
    texts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return texts


def choose(asked: str | None, remembered: str | None, default: str) -> str:
    """What the query asks for; else what the cookie remembers; else the configured default."""
    if asked is not None and asked not in LANGUAGES:
        raise BadQuery("lang", f"lang must be one of {', '.join(LANGUAGES)}, not {asked!r}")
    if asked is not None:
        return asked
    return remembered if remembered in LANGUAGES else default
