"""Published terms of providers, as data: one file each under `presets/`, with the text it was taken from."""

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final

_FOLDER: Final = files("slawatch.config") / "presets"
_SUFFIX: Final = ".toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """The published terms of one service.

    Attributes:
        name: what `preset = "..."` says: the stem of its file.
        title: of the text.
        url: where it is published.
        date: of the text that was read; later versions may say otherwise. Empty where the text states none.
        undated: where it states no date, what tells its version.
        basis: how it was read: the primary page, a copy of it, what others cite.
        notes: what it takes to apply it.
        terms: the keys of an agreement that it fills in, as TOML has them.
    """

    name: str
    title: str
    url: str
    date: str
    undated: str
    basis: str
    notes: tuple[str, ...]
    terms: dict[str, Any]


@cache
def names() -> tuple[str, ...]:
    """Return the names of all presets, sorted."""
    return tuple(sorted(f.name.removesuffix(_SUFFIX) for f in _FOLDER.iterdir() if f.name.endswith(_SUFFIX)))


@cache
def load(name: str) -> Preset:
    """Return a preset.

    Raises:
        KeyError: there is no such preset.
    """
    if name not in names():
        raise KeyError(name)
    tree = tomllib.loads((_FOLDER / f"{name}{_SUFFIX}").read_text("utf-8"), parse_float=Decimal)
    source = tree["source"]
    return Preset(
        name=name,
        title=source["title"],
        url=source["url"],
        date=source.get("date", ""),
        undated=source.get("undated", ""),
        basis=source["basis"],
        notes=tuple(source.get("notes", ())),
        terms=tree["terms"],
    )
