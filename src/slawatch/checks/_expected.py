"""What a value should be: a text, a number on the right side of a bound, or a text with a pattern in it."""

import math
import operator
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Final, NamedTuple, TypeAlias

from slawatch.core.text import FromValue

_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
_OPERATOR: Final = re.compile(r"(<=|>=|!=|<|>|=)\s*(.*)", re.DOTALL)


class Expected(NamedTuple):
    """An expectation.

    Attributes:
        operator: `=`, `!=`, `<`, `<=`, `>`, `>=`, or `/` for a pattern.
        text: what stands behind it.
    """

    operator: str
    text: str

    def __str__(self) -> str:
        """The expectation as people write it."""
        if self.operator == "/":
            return f"/{self.text}/"
        return self.text if self.operator == "=" else f"{self.operator} {self.text}"

    def met(self, value: str | None) -> bool:
        """Tell whether a value is as expected; None, which is NULL, never is."""
        if value is None:
            return False
        if self.operator == "/":
            return re.search(self.text, value) is not None
        number, bound = _number(value), _number(self.text)
        if self.operator in _COMPARISONS:
            return number is not None and bound is not None and _COMPARISONS[self.operator](number, bound)
        same = value == self.text or (number is not None and number == bound)
        return same if self.operator == "=" else not same


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def is_pattern(text: str) -> bool:
    """Tell whether a text is a regular expression between slashes."""
    return len(text) > 2 and text.startswith("/") and text.endswith("/")


def compiled(text: str) -> re.Pattern[str]:
    """Return a regular expression between slashes, compiled.

    Raises:
        ValueError: it does not compile.
    """
    try:
        return re.compile(text[1:-1])
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{text} is not a regular expression: {error}") from None


def parse_expected(found: Any) -> Expected:
    """Return the expectation that a TOML value stands for.

    >>> parse_expected(1), parse_expected("< 10"), parse_expected("/^PONG$/"), parse_expected("ok")
    (Expected(operator='=', text='1'), Expected(operator='<', text='10'), \
Expected(operator='/', text='^PONG$'), Expected(operator='=', text='ok'))

    Raises:
        ValueError: a bound that is no number, or a pattern that is no regular expression.
    """
    if isinstance(found, bool):
        raise ValueError('write what the database answers for a truth value: "t" (PostgreSQL) or "1" (MySQL)')  # noqa: TRY004
    if isinstance(found, int | float | Decimal):
        return Expected("=", str(found))
    if not isinstance(found, str):
        raise ValueError('expected a text, a number, a comparison such as "< 10", or "/regular expression/"')  # noqa: TRY004
    if is_pattern(found):
        compiled(found)
        return Expected("/", found[1:-1])
    match = _OPERATOR.fullmatch(found)
    if match is None:
        return Expected("=", found)
    sign, text = match.groups()
    if sign in _COMPARISONS and _number(text) is None:
        raise ValueError(
            f"{text!r} is not a number to compare with (a text beginning with {sign}: '= {found}')"
        )
    return Expected(sign, text)


Expectation: TypeAlias = Annotated[
    Expected,
    FromValue(
        parse_expected,
        'a text, a number, a comparison such as "< 10", or "/regular expression/"',
        {"type": ["string", "number"], "examples": ["1", "< 10", "/^PONG$/"]},
    ),
]
"""What a value should be, as TOML writes it."""
