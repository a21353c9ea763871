"""What the docstring of a dataclass says about it and about each of its fields."""

import re
from functools import cache
from inspect import cleandoc
from typing import Final, NamedTuple

_SECTION: Final = re.compile(r"^Attributes:\n((?:[ ]+.*\n?|\n)*)", re.MULTILINE)
_ENTRY: Final = re.compile(r"^    (\w+(?:, \w+)*): (.*(?:\n     .*)*)", re.MULTILINE)


class Described(NamedTuple):
    """The documentation of a dataclass.

    Attributes:
        summary: what stands before `Attributes:`.
        fields: by name, each on one line.
    """

    summary: str
    fields: dict[str, str]


@cache
def described(kind: type) -> Described:
    """Return the documentation of a dataclass."""
    text = cleandoc(kind.__doc__ or "")
    section = _SECTION.search(text)
    if section is None:
        return Described(text, {})
    fields = {}
    for names, words in _ENTRY.findall(section[1]):
        for name in names.split(", "):
            fields[name] = " ".join(words.split())
    return Described(text[: section.start()].strip(), fields)
