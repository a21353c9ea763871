"""Patterns that users write, matched against whole values in linear time.

The engine is RE2, as in Alertmanager: no pattern, however hostile, takes longer than the product of its own
length and that of the value, nor more memory than it is given. It has neither look-around nor backreferences.
Source: https://github.com/google/re2/wiki/Syntax
"""

import re
from functools import lru_cache
from typing import Final, Protocol, cast

LONGEST: Final = 2000
"""A pattern has at most so many characters."""
_MEMORY: Final = 256 * 1024
"""Bytes for one pattern: its program, and what matching keeps."""
_PATTERNS: Final = 128
_VERDICTS: Final = 4096

_UNKNOWN: Final = "is not known here, as it can take for ever"
_SAID: Final = (
    (r"invalid perl operator: \(\?<?[=!]", f"look-around, such as (?=x) or (?!x), {_UNKNOWN}"),
    (r"invalid escape sequence: \\\d", f"a backreference, such as \\1, {_UNKNOWN}"),
    (r"invalid escape sequence: \\Z", "a pattern always matches the whole value: leave \\Z out"),
    (r"invalid perl operator: \(\?>", f"an atomic group (?>x) {_UNKNOWN}"),
    (r"invalid perl operator: \(\?P\Z", "a group is named as in (?P<name>x), and cannot be referred to"),
    (r"bad repetition operator: [*+?}]", "two repetitions stand one behind the other, as in a** or a*+"),
    (r"invalid repetition size", "a repetition, with those inside of it, counts to 1000 at most"),
    (r"missing \): ", "a ( has no )"),
    (r"unexpected \): ", "a ) has no ("),
    (r"missing \]: ", "a [ has no ]"),
    (r"no argument for repetition operator: ", "nothing is there to repeat before a *, + or ?"),
    (r"trailing \\", "a backslash stands at the end"),
    (r"pattern too large", "it is too large: repeat less, or write several matchers"),
)
_ESCAPED: Final = re.compile(r"\\.", re.DOTALL)
_UNCOUNTED: Final = re.compile(r"\{(?:,\d*|\d{5,}(?:,\d*)?|\d+,\d{5,})\}", re.ASCII)


class PatternError(ValueError):
    """A text that is no pattern; the message says why."""


class _Compiled(Protocol):
    """What of RE2's patterns is used."""

    def fullmatch(self, text: bytes) -> object | None:
        """Return a match of the whole text, or None."""
        ...


@lru_cache(maxsize=_PATTERNS)
def _compiled(text: str) -> _Compiled | str:
    """Return a pattern, or why it is none: a broken one that is stored is asked for again and again."""
    if len(text) > LONGEST:
        return f"it has {len(text)} characters, and a pattern has at most {LONGEST}"
    if _UNCOUNTED.search(_ESCAPED.sub("", text)):
        return "a repetition is written {2}, {2,} or {0,2}, and counts to 1000 at most"
    # Its library is 5 MB of resident memory, which a daemon without any pattern need not have.
    import re2

    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = _MEMORY
    try:
        return cast("_Compiled", re2.compile(text.encode(), options))
    except UnicodeEncodeError:
        return "it has a character that is none"
    except re2.error as error:
        return _in_words(error)


def _in_words(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return next((words for pattern, words in _SAID if re.match(pattern, text)), text)


def fault(pattern: str) -> str:
    """Return why a text is no pattern; empty for one.

    >>> fault("db-.*"), fault("(?=x)")
    ('', 'look-around, such as (?=x) or (?!x), is not known here, as it can take for ever')
    """
    found = _compiled(pattern)
    return found if isinstance(found, str) else ""


@lru_cache(maxsize=_VERDICTS)
def fits(pattern: str, value: str) -> bool:
    """Say whether a pattern matches the whole of a value.

    >>> fits("db-.*", "db-1"), fits("db", "db-1")
    (True, False)

    Raises:
        PatternError: it is none.
    """
    found = _compiled(pattern)
    if isinstance(found, str):
        raise PatternError(found)
    return found.fullmatch(value.encode("utf-8", "replace")) is not None
