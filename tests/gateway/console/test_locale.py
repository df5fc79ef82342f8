"""Both languages say the same things: no key is missing, unused or differently parameterised."""

import re
from itertools import chain
from pathlib import Path

import pytest

from gateway.console import i18n
from protocols import units, words

_CONSOLE = Path(i18n.__file__).parent
_SOURCES = [
    path.read_text(encoding="utf-8")
    for path in chain(
        (_CONSOLE / "templates").glob("*.html"), (_CONSOLE / "static" / "js").glob("*.js")
    )
]
_USED = re.compile(r"""["'](\w+(?:\.\w+)*)["']""")

# Keys that are made of a family and a stable word, and where those words come from.
_SEALS = ("sealed", "provisional", "unsealed")
_FAMILIES = {
    "category": words.CATEGORIES,
    "quality": [word for _, word in words.QUALITIES],
    "quantity": [*(word for _, word, _ in units.QUANTITIES), "other"],
    "state": [word for _, word in words.ALARM_STATES],
    "tag": ["UNACK", "RTN_UNACK"],
    "mode": [word for word in words.MODES if word != "normal"],
    "banner": [word for word in words.MODES if word != "normal"],
    "condition": ["fault", "journal", "tamper", "rate", "dev", "diff", "chain"],
    "priority": ["1", "2", "3", "4"],
    "link": ["connecting", "live", "lost"],
    "language": list(i18n.LANGUAGES),
    "seal": _SEALS,
    "help.marks": _SEALS,
}

# Latin words that Chinese engineers read as they are.
_LATIN = re.compile(
    r"\{\w+\}|gateway\.toml|JavaScript|English|CoAP|\bHH?\b|\bLL?\b|\bk\b|\b(?:mA|s|min|h)\b"
)


def _keys(language: str) -> set[str]:
    return set(i18n.words(language))


def _parameters(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}", text))


def _made() -> set[str]:
    return {f"{family}.{word}" for family, known in _FAMILIES.items() for word in known}


def test_both_languages_have_the_same_keys() -> None:
    assert _keys("zh") == _keys("en")


@pytest.mark.parametrize("key", sorted(_keys("en")))
def test_parameters_are_the_same(key: str) -> None:
    assert _parameters(i18n.words("zh")[key]) == _parameters(i18n.words("en")[key])


def test_every_code_has_a_word() -> None:
    assert _made() <= _keys("en")


def test_every_text_is_used() -> None:
    named = {key for source in _SOURCES for key in _USED.findall(source)}
    assert _keys("en") - named - _made() == set()


def test_every_named_text_exists() -> None:
    asked = re.compile(r"""\bt\(\s*["']([^"']+)["']\s*[,)]""")
    named = {key for source in _SOURCES for key in asked.findall(source)}
    assert named - _keys("en") == set()


def test_every_family_is_known() -> None:
    asked = {name for source in _SOURCES for name in re.findall(r'\bword\("(\w+)"', source)}
    assert asked <= set(_FAMILIES)


@pytest.mark.parametrize("key", sorted(_keys("zh")))
def test_chinese_texts_hold_no_english(key: str) -> None:
    assert not re.search(r"[A-Za-z]{2,}", _LATIN.sub("", i18n.words("zh")[key]))


@pytest.mark.parametrize("key", sorted(_keys("en") - {"language.zh"}))
def test_english_texts_hold_no_chinese(key: str) -> None:
    assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", i18n.words("en")[key])
