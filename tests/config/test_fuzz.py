"""Whatever the bytes: a configuration, or problems; never a traceback."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.config.example import ENV, EXAMPLE

from slawatch.config.load import Config, ConfigError, Problem, load
from slawatch.core.instant import parse_rfc3339

NOW = parse_rfc3339("2026-11-23T08:00:00Z")
LINES = EXAMPLE.read_bytes().splitlines(keepends=True)
VALUES = [
    b"1",
    b"-1",
    b"0.5",
    b"nan",
    b"inf",
    b"1e999",
    b"true",
    b'""',
    b'"x"',
    b'"0s"',
    b'"1h"',
    b"[]",
    b"{}",
    b"[[]]",
    b'["a"]',
    b"2026-01-01",
    b"07:00:00",
    b"0001-01-01T00:00:00",
    b"9999-12-31T23:59:59",
    b"9999-12-31T23:59:59+14:00",
    b'"hourly"',
    b"10000",
    b"2026-01-01T00:00:00Z",
    b'{ env = "A" }',
    b'{ file = "/" }',
    b"{ quorum = 9 }",
    b'"\\u0000"',
    b'[1, "a", {}]',
    b"{ a = { b = [{ c = 1 }] } }",
    b"9223372036854775807",
    b"'''\n'''",
]

Check = Callable[[bytes], None]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    path = tmp_path / "slawatch.toml"

    def check(raw: bytes) -> None:
        path.write_bytes(raw)
        problems: tuple[Problem, ...] = ()
        try:
            assert isinstance(load(path, env=ENV, now=NOW), Config)
        except ConfigError as refused:
            problems = refused.problems
            if not problems:
                raise
        for problem in problems:
            assert problem.message
            assert str(problem).isprintable(), problem
            assert 0 <= problem.line <= raw.count(b"\n") + 1

    return check


relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@relaxed
@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf")
@example(b"[" * 50_000)
def test_any_bytes(check: Check, raw: bytes) -> None:
    check(raw)


def mutated(draw: Any) -> bytes:
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        key, equals, _ = lines[at].partition(b"=")
        match draw(st.integers(0, 5)):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[draw(st.integers(0, len(lines) - 1))])
            case 2 | 3 if equals:
                lines[at] = key + b"= " + draw(st.sampled_from(VALUES)) + b"\n"
            case 4:
                cut = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:cut] + draw(st.binary(max_size=3)) + lines[at][cut:]
            case _:
                lines[at] = lines[at].replace(b"e", b"x", 1)
    return b"".join(lines)


MUTATED = st.composite(mutated)()


@relaxed
@given(MUTATED)
def test_a_file_with_small_faults(check: Check, raw: bytes) -> None:
    check(raw)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(relaxed, max_examples=10_000)
@given(MUTATED)
def test_ten_thousand_files_with_small_faults(check: Check, raw: bytes) -> None:
    check(raw)
