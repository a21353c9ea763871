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
