"""Which version of slawatch made a report, and what it could not know yet.

A report of another version is held to everything that this one would have put into it, but for what is listed
here: otherwise whoever signs reports could leave a figure out by naming an old version.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

_TEXT: Final = re.compile(
    r"(?P<numbers>\d{1,9}(\.\d{1,9}){1,3})((?P<stage>a|b|rc)(?P<count>\d{1,9}))?(\.dev(?P<dev>\d{1,9}))?"
)
_STAGES: Final = {"a": 0, "b": 1, "rc": 2, None: 3}

ADDED: Final[Mapping[str, str]] = {}
"""Since which version reports have what the first one did not have.

A file by its name (`trend.csv`), a column as `ledger.csv: budget`, a member of `report.json` as
`report.json: services.trend`, arrays being passed over.
"""


class Version(NamedTuple):
    """A version in the order in which they came.

    Attributes:
        numbers: `0.1.0`, without zeros at the end.
        stage: of a pre-release, in order; 3 for a release.
        number: of the pre-release.
        dev: of a development version; a million million for none.
    """

    numbers: tuple[int, ...]
    stage: int
    number: int
    dev: int


def parse(text: str) -> Version:
    """Return the version.

    Raises:
        ValueError: slawatch has no such versions.
    """
    found = _TEXT.fullmatch(text) if text.isascii() else None
    if found is None:
        raise ValueError("a version is written like 0.1.0")
    numbers = [int(part) for part in found["numbers"].split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    dev = 10**12 if found["dev"] is None else int(found["dev"])
    # A development version without a stage comes before all pre-releases.
    stage = -1 if found["dev"] is not None and found["stage"] is None else _STAGES[found["stage"]]
    return Version(tuple(numbers), stage, int(found["count"] or 0), dev)


def older(text: str, than: str) -> bool:
    """Whether the version came before the other one.

    >>> [older(v, "0.10.0") for v in ("0.9", "0.10.0rc1", "0.10.0", "0.10.1.dev1")]
    [True, True, False, False]

    Raises:
        ValueError: one of them is none.
    """
    return parse(text) < parse(than)


def lacks(text: str, what: str) -> bool:
    """Whether a report of that version cannot have this yet; see `ADDED`."""
    since = ADDED.get(what)
    return since is not None and older(text, since)
