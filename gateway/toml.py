"""Strict TOML: a file becomes a msgspec Struct, or a ConfigError names the key that does not fit.

A `Path` field follows the file: a relative one starts from the file's directory. Limits stand in
the types (`Annotated[int, msgspec.Meta(ge=1)]`). Any package may use this for its own Structs.
"""

import difflib
import re
import tomllib
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from gateway.errors import ConfigError

T = TypeVar("T", bound=msgspec.Struct)

_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<key>.*)`)?$", re.DOTALL)
_WORDS = {"int": "a whole number", "str": "a text", "bool": "true or false", "float": "a number"}
_KINDS = {"object": "a table", "array": "a list", "null": "nothing"} | _WORDS


def load(path: Path, shape: type[T]) -> T:
    """The file at `path` as a `shape`; ConfigError with file, dotted key and a way out."""
    table = _read(path)
    for key in _unknown(table, shape, ""):
        raise ConfigError(path, key, f"is not a setting; {_suggest(key, shape)}")
    try:
        return msgspec.convert(table, shape, dec_hook=_follow(path.parent))
    except msgspec.ValidationError as error:
        key, text = _explain(str(error), shape)
        raise ConfigError(path, key, text) from None


def keys(shape: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    """Every dotted key that a file of this shape may hold."""
    for field in msgspec.structs.fields(shape):
        key = prefix + field.encode_name
        yield key
        inner = _struct(field.type)
        if inner is not None:
            yield from keys(inner, key + ".")


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise ConfigError(path, "", "there is no such file") from None
    except OSError as error:
        raise ConfigError(path, "", f"cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(path, "", f"is not valid TOML: {error}") from None


def _unknown(value: Any, kind: Any, key: str) -> Iterator[str]:
    """Dotted keys in `value` that `kind` does not have."""
    shape = _struct(kind)
    if shape is None:
        return
    if isinstance(value, list):
        for item in value:
            yield from _unknown(item, shape, key)
    elif isinstance(value, dict):
        known = {field.encode_name: field.type for field in msgspec.structs.fields(shape)}
        for word, inner in value.items():
            here = f"{key}.{word}" if key else word
            if word not in known:
                yield here
            else:
                yield from _unknown(inner, known[word], here)


def _struct(kind: Any) -> type[msgspec.Struct] | None:
    """The Struct in a field's type: itself, of a list, or of `Struct | None`."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    if typing.get_origin(kind) in (list, tuple, types.UnionType, typing.Union):
        for inner in typing.get_args(kind):
            found = _struct(inner)
            if found is not None:
                return found
    return None


def _suggest(key: str, shape: type[msgspec.Struct]) -> str:
    """The nearest valid key: a brother of the wrong one if any is alike, else from anywhere."""
    valid = list(keys(shape))
    parent = key.rpartition(".")[0]
    brothers = [one for one in valid if one.rpartition(".")[0] == parent]
    for candidates, cutoff in ((brothers, 0.6), (valid, 0.6), (brothers, 0.0), (valid, 0.0)):
        words = {one.rpartition(".")[2]: one for one in reversed(candidates)}
        near = difflib.get_close_matches(key.rpartition(".")[2], words, 1, cutoff)
        if near:
            return f"did you mean {words[near[0]]}?"
    return "this table takes no settings"


def _explain(message: str, shape: type[msgspec.Struct]) -> tuple[str, str]:
    """(dotted key, plain words) of msgspec's message."""
    match = _AT.match(message)
    assert match is not None
    what, key = match["what"], re.sub(r"\[[^\]]*\]", "", match["key"] or "")
    missing = re.fullmatch(r"Object missing required field `(.*)`", what)
    if missing:
        return f"{key}.{missing[1]}" if key else missing[1], "is missing"
    wrong = re.fullmatch(r"Expected `(.*?)`(.*?)(?:, got `(.*)`)?", what)
    if what.startswith("Invalid enum value"):
        choices = typing.get_args(_kind(shape, key))
        return key, f"must be {' or '.join(map(str, choices))}, not {what.split()[-1]}"
    if not wrong:
        return key, f"does not fit: {what[0].lower()}{what[1:]}"
    wanted = " or ".join(_KINDS.get(one, one) for one in wrong[1].split(" | "))
    got = f", not {_KINDS.get(wrong[3], wrong[3])}" if wrong[3] else ""
    return key, f"must be {wanted}{wrong[2]}{got}"


def _kind(shape: type[msgspec.Struct], key: str) -> Any:
    """Type of the field at a dotted key."""
    first, _, rest = key.partition(".")
    for field in msgspec.structs.fields(shape):
        if field.encode_name == first:
            inner = _struct(field.type)
            return _kind(inner, rest) if rest and inner else field.type
    return None


def _follow(directory: Path) -> Any:
    def convert(kind: type, value: object) -> object:
        if kind is not Path:
            raise NotImplementedError(f"no TOML form of {kind}")
        if not isinstance(value, str):
            raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
        return directory / value

    return convert
