import socket
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import apprise
import pytest
import trustme
from tests.notifiers.servers import Provider, providing

from slawatch.core.instant import SECOND
from slawatch.core.notification import Kind, Link, Notification
from slawatch.notifiers import Sending

NOW = 1_767_225_600 * SECOND
"""2026-01-01T00:00:00Z."""


@pytest.fixture(scope="session", autouse=True)
def _plugins() -> None:
    """Load apprise's plugins, of which some use what is deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        apprise.Apprise.instantiate("json://localhost")


@pytest.fixture
def notification() -> Notification:
    return Notification(
        kind=Kind.TRIGGER,
        idempotency_key="7:0:trigger:0:0:person:bob:c",
        at=NOW,
        incident="7",
        severity="critical",
        service="shop",
        organization="acme",
        title="shop is down",
        summary="shop-home: connection refused",
        reason="level 0 of default",
        since=NOW - 65 * SECOND,
        links=(
            Link("Open", "https://slawatch.example/incidents/7"),
            Link("Runbook", "https://wiki.example/shop"),
        ),
        details={"check": "shop-home", "latency": "1.2s"},
        recipient="person:bob",
    )


@pytest.fixture
def sending() -> Sending:
    return Sending(now=NOW, channel="c", instance="prod")


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with providing() as running:
        yield running


@pytest.fixture
async def secured(authority: trustme.CA) -> AsyncIterator[Provider]:
    async with providing(authority) as running:
        yield running


@pytest.fixture
def refused() -> int:
    """A port on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for templates."""
    found = tmp_path / "templates"
    found.mkdir()
    return found
