"""What an HTTP answer must look like, and what is said when it does not."""

import json
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from http import HTTPStatus
from typing import Annotated, Any, Final, NamedTuple

from slawatch.checks._failure import Failure
from slawatch.core.sample import Cause
from slawatch.core.text import FromText, FromValue


class Answer(NamedTuple):
    """An answer as it came.

    Attributes:
        status: the status code.
        headers: names in lower case, in the order they came.
        body: as sent, content encoding and all.
        cut: the body was longer than was read.
        version: `1.0`, `1.1` or `2`.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    cut: bool = False
    version: str = "1.1"

    def header(self, name: bytes) -> str | None:
        """Return the value of a header (its lines joined by a comma), None where it is missing."""
        values = [value for key, value in self.headers if key == name]
        return b", ".join(values).decode("latin-1") if values else None


class Statuses(NamedTuple):
    """A set of status codes, and how it was written.

    Attributes:
        text: as written.
        ranges: first and last code of each part.
    """

    text: str
    ranges: tuple[tuple[int, int], ...]

    def have(self, status: int) -> bool:
        """Tell whether a status is one of them."""
        return any(first <= status <= last for first, last in self.ranges)


def parse_statuses(found: object) -> Statuses:
    """Return the codes that `200`, `"200-299,401"` or `"2xx"` names.

    >>> parse_statuses("2xx").have(204), parse_statuses("200-299, 401").have(404)
    (True, False)

    Raises:
        ValueError: there are no such codes.
    """
    if isinstance(found, bool) or not isinstance(found, int | str):
        raise ValueError('expected status codes such as 200 or "200-299,401"')  # noqa: TRY004
    ranges: list[tuple[int, int]] = []
    for part in str(found).split(","):
        match = re.fullmatch(r"(\d{3})(?:-(\d{3}))?|([1-5])xx", part.strip().lower(), re.ASCII)
        if match is None:
            raise ValueError(f'{part.strip()!r} is not a status code such as 200, "200-299" or "2xx"')
        first = int(match[1] or f"{match[3]}00")
        last = int(match[2] or match[1] or f"{match[3]}99")
        if not 100 <= first <= last <= 599:
            raise ValueError(f"{part.strip()!r} names no status codes: they go from 100 to 599")
        ranges.append((first, last))
    return Statuses(str(found), tuple(ranges))


def parse_regex(text: str) -> re.Pattern[str]:
    """Return a compiled regular expression.

    Raises:
        ValueError: it does not compile.
    """
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from None


class JsonPath(NamedTuple):
    """A JSONPath (RFC 9535) and the value that must be there."""

    path: str
    value: Any


@lru_cache(maxsize=1024)
def _finder(path: str) -> Callable[[Any], list[Any]]:
    # 30 ms to import, for those who use it only.
    import jsonpath_rfc9535

    query = jsonpath_rfc9535.JSONPathEnvironment().compile(path)

    def find(document: Any) -> list[Any]:
        return list(query.find(document).values())

    return find


def prepare_json(paths: "tuple[JsonPath, ...]") -> None:
    """Compile beforehand."""
    for path, _ in paths:
        _finder(path)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise ValueError(f"{value} is not a JSON value (write dates as text)")


def parse_json_paths(found: object) -> tuple[JsonPath, ...]:
    """Return the paths and values of a table such as `{ "$.status" = "ok" }`.

    Raises:
        ValueError: a path is not one of RFC 9535.
    """
    if isinstance(found, tuple) and all(isinstance(item, JsonPath) for item in found):
        return found
    if not isinstance(found, dict):
        raise ValueError('expected a table of paths and values such as { "$.status" = "ok" }')  # noqa: TRY004
    for path in found:
        try:
            _finder(path)
        except Exception as error:  # noqa: BLE001 (any text must give a message)
            raise ValueError(f"{path!r} is not a JSON path such as $.status: {error}") from None
    return tuple(JsonPath(path, _plain(value)) for path, value in found.items())


StatusText = Annotated[
    Statuses,
    FromValue(
        parse_statuses,
        'status codes such as 200, "200-299,401" or "2xx"',
        {"type": ["string", "integer"], "examples": ["200-299,401"]},
    ),
]
Regex = Annotated[re.Pattern[str], FromText(parse_regex, "a regular expression", example="version: \\d+")]
JsonPaths = Annotated[
    tuple[JsonPath, ...],
    FromValue(
        parse_json_paths,
        'a table of JSON paths and values such as { "$.status" = "ok" }',
        {"type": "object", "examples": [{"$.status": "ok"}]},
    ),
]

ANY_SUCCESS: Final = parse_statuses("200-299")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What the answer must look like to be up.

    Attributes:
        status: the status codes that are fine: `200`, `"200-299,401"`, `"2xx"`.
        body_contains: a text that must be in the body.
        body_not_contains: a text that must not be in the body.
        body_regex: a regular expression that must match somewhere in the body.
        header: headers that must be there. The value must be the same, up to a `;` of the answer's; an empty
            one asks for any value; one between slashes (`"/^W/"`) is a regular expression.
        json: JSON paths (RFC 9535) and the value that each must have; of several places, all of them.
    """

    status: StatusText = ANY_SUCCESS
    body_contains: str | None = None
    body_not_contains: str | None = None
    body_regex: Regex | None = None
    header: dict[str, str] | None = None
    json: JsonPaths = ()

    def __post_init__(self) -> None:
        for name, value in (self.header or {}).items():
            if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
                raise ValueError(f"{name!r} is not the name of a header")
            if _is_regex(value):
                parse_regex(value[1:-1])

    @property
    def of_body(self) -> bool:
        """Whether the body matters at all."""
        return (
            self.body_contains is not None
            or self.body_not_contains is not None
            or self.body_regex is not None
            or bool(self.json)
        )


def _is_regex(value: str) -> bool:
    return len(value) > 2 and value[0] == value[-1] == "/"


def phrase(status: int) -> str:
    """Return a status code with its name: `503 Service Unavailable`."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def judge(answer: Answer, expect: Expect, max_body: int) -> Failure | None:
    """Return what is wrong with an answer, None where nothing is."""
    if not expect.status.have(answer.status):
        return Failure(
            Cause.STATUS, f"answered {phrase(answer.status)}, expected {expect.status.text}{_hint(answer)}"
        )
    if expect.header:
        for name, wanted in expect.header.items():
            failure = _judge_header(answer, name, wanted)
            if failure is not None:
                return failure
    return _judge_body(answer, expect, max_body) if expect.of_body else None


def _hint(answer: Answer) -> str:
    location = answer.header(b"location") if 300 <= answer.status < 400 else None
    return f" (it leads to {location.partition('?')[0][:200]})" if location else ""


def _judge_header(answer: Answer, name: str, wanted: str) -> Failure | None:
    found = answer.header(name.lower().encode())
    if found is None:
        return Failure(Cause.CONTENT, f"the answer has no header {name}")
    if not wanted:
        return None
    if _is_regex(wanted):
        fits = re.search(wanted[1:-1], found) is not None
    else:
        fits = found == wanted or found.partition(";")[0].strip() == wanted.strip()
    return None if fits else Failure(Cause.CONTENT, f"header {name} is {found[:200]!r}, expected {wanted!r}")


def _judge_body(answer: Answer, expect: Expect, max_body: int) -> Failure | None:
    body, cut = decoded(answer, max_body)
    text = body.decode(_charset(answer), "replace")
    part = f" in the first {len(body)} bytes" if cut else ""
    if expect.body_contains is not None and expect.body_contains not in text:
        return Failure(Cause.CONTENT, f"the body does not contain {expect.body_contains!r}{part}")
    if expect.body_not_contains is not None and expect.body_not_contains in text:
        return Failure(Cause.CONTENT, f"the body contains {expect.body_not_contains!r}")
    if expect.body_regex is not None and expect.body_regex.search(text) is None:
        return Failure(Cause.CONTENT, f"the body does not match {expect.body_regex.pattern!r}{part}")
    return _judge_json(text, expect.json, part) if expect.json else None


def _judge_json(text: str, paths: tuple[JsonPath, ...], part: str) -> Failure | None:
    try:
        document = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        return Failure(Cause.CONTENT, f"the body is not JSON{where}{part}")
    for path, wanted in paths:
        try:
            found = _finder(path)(document)
        except Exception as error:  # noqa: BLE001 (any document must give a reason)
            return Failure(Cause.CONTENT, f"{path} cannot be read from the body: {error}")
        if not found:
            return Failure(Cause.CONTENT, f"the body has nothing at {path}, expected {_json(wanted)}")
        for value in found:
            if not _same(value, wanted):
                return Failure(Cause.CONTENT, f"{path} is {_json(value)}, expected {_json(wanted)}")
    return None


def _same(found: object, wanted: object) -> bool:
    """Compare as JSON does: `true` is not 1."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(_same(found[key], wanted[key]) for key in found)
    return found == wanted


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:117] + "..."


_CHARSET: Final = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE | re.ASCII)
_CHARSETS: Final = re.compile(
    r"utf-?(8|16|32)([-_]?[bl]e)?|us-ascii|ascii|latin-?1|iso[-_]?8859[-_]\d{1,2}|windows-\d{3,4}|cp\d{3,4}"
    r"|shift[-_]jis|euc-(jp|kr)|gb(2312|k|18030)|big5|koi8-[ru]",
    re.ASCII,
)


def _charset(answer: Answer) -> str:
    match = _CHARSET.search(answer.header(b"content-type") or "")
    if match is None or not _CHARSETS.fullmatch(match[1].lower()):
        return "utf-8"
    try:
        b"".decode(match[1])
    except LookupError:
        return "utf-8"
    return match[1]


def decoded(answer: Answer, most: int) -> tuple[bytes, bool]:
    """Return at most so many bytes of the body without its content encoding, and whether it is cut."""
    encoding = (answer.header(b"content-encoding") or "").strip().lower()
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return answer.body, answer.cut
    for window in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):
        unpacker = zlib.decompressobj(window)
        try:
            body = unpacker.decompress(answer.body, most)
        except zlib.error:
            continue
        return body, answer.cut or bool(unpacker.unconsumed_tail)
    return answer.body, answer.cut
