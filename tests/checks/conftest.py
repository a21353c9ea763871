from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.checks import database_servers as servers

from slawatch.checks._attempt import Attempt
from slawatch.checks._dns import Resolver
from slawatch.core.instant import SECOND


@pytest.fixture
def attempt() -> Attempt:
    return Attempt("shop", 10 * SECOND, Resolver())


@pytest.fixture(scope="session")
def postgresql() -> Iterator[servers.Server]:
    with servers.postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[servers.Server]:
    with servers.mariadb() as server:
        yield server


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    with servers.redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def refused(tmp_path: Path) -> int:
    """A port on which nobody listens."""
    return servers.free_port()
