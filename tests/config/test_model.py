"""Values that only the configuration has."""

from collections.abc import Callable

import pytest

from slawatch.config.load import Config, Problem
from slawatch.config.model import Address

Read = Callable[..., Config]
Problems = Callable[..., tuple[Problem, ...]]


@pytest.mark.parametrize("written", ["127.0.0.1:8470", "[::1]:80", "localhost:1"])
def test_where_the_web_listens(read: Read, written: str) -> None:
    listen = read(f'[web]\nlisten = "{written}"').web.listen
    assert isinstance(listen, Address)
    assert str(listen) == written


def test_reports_are_signed_by_a_key_of_their_own(read: Read) -> None:
    found = read('[reports]\nsigning_key = { env = "KEY" }', {"HOME": "/", "KEY": "0f" * 32}).reports
    assert found.signing_key is not None
    assert found.signing_key.value == "0f" * 32
    assert read("").reports.signing_key is None


def test_a_key_that_is_none_is_told_without_showing_it(problems: Problems) -> None:
    (problem,) = problems('[reports]\nsigning_key = "s3cret"')
    assert "openssl rand -hex 32" in str(problem)
    assert "s3cret" not in str(problem)
