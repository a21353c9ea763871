"""The links in messages: each asks before it does anything, and does only what it is for."""

import re
from pathlib import Path

import httpx
import pytest

from slawatch.answers.view import Refused
from slawatch.config.load import Config, load
from slawatch.core.command import Ack, Resolve, Unack
from slawatch.core.incident import Phase
from slawatch.core.instant import HOUR, MINUTE
from slawatch.core.link import sign
from slawatch.core.turn import State
from slawatch.store.keyfile import link_secret

from .conftest import NOW, Served, View
from .duty import DUTY, Duty
from .test_pages import HTML, Page


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "slawatch.toml"
    path.write_text(DUTY)
    return load(path, env={})


@pytest.fixture
def duty(config: Config, view: View) -> Duty:
    found = Duty(config, NOW - 10 * MINUTE)
    found.fire()
    view.alert_state = found.state
    return found


def token(served: Served, *, generation: int = 1, expires: int = NOW + HOUR, incident: int = 1) -> str:
    return sign(link_secret(served.view.config.data_dir), incident, generation, "person:alice", expires)


async def press(served: Served, path: str) -> httpx.Response:
    """Open the page and press its button, as a browser does."""
    asked = await served.public.get(path, headers=HTML)
    csrf = re.search(r'name="csrf" value="([^"]+)"', asked.text)
    return await served.public.post(
        path, data={"csrf": csrf[1] if csrf else "none"},
        headers={**HTML, "Origin": str(served.public.base_url).rstrip("/")},
    )  # fmt: skip


async def test_opening_the_link_changes_nothing(served: Served, duty: Duty) -> None:
    path = f"/ack/{token(served)}"
    for method in ("GET", "HEAD"):
        answer = await served.public.request(method, path, headers=HTML)
        assert answer.status_code == 200
    answer = await served.public.get(path, headers=HTML)
    assert "Acknowledge as Alice Arnold" in answer.text
    assert "shop-db is down" in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    Page(answer.text)
    assert served.view.acted == []


async def test_the_button_acknowledges_in_the_recipients_name(served: Served, duty: Duty) -> None:
    answer = await press(served, f"/ack/{token(served)}")
    assert answer.status_code == 200
    assert "You have it" in answer.text
    (command,) = served.view.acted
    assert command == Ack(by="person:alice", origin="link", incident=1, generation=1)
    assert served.view.alert_state.incidents[1].state is Phase.ACKED


async def test_a_link_of_an_earlier_turn_is_refused_with_the_present_state(
    served: Served, duty: Duty
) -> None:
    duty.give(Ack(by="person:bob", incident=1))
    served.view.alert_state = duty.state
    path = f"/ack/{token(served)}"
    answer = await served.public.get(path, headers=HTML)
    assert "is now acknowledged by Bob Ray" in answer.text
    assert "<form" not in answer.text
    answer = await press(served, path)
    assert answer.status_code == 409
    assert "is now acknowledged by" in answer.text
    duty.give(Unack(by="person:bob", incident=1))
    served.view.alert_state = duty.state
    assert "<form" not in (await served.public.get(path, headers=HTML)).text
    fresh = f"/ack/{token(served, generation=duty.state.incidents[1].generation)}"
    assert "<form" in (await served.public.get(fresh, headers=HTML)).text


async def test_what_is_over_is_said_to_be(served: Served, duty: Duty) -> None:
    duty.give(Resolve(by="person:bob", incident=1))
    served.view.alert_state = duty.state
    answer = await served.public.get(f"/ack/{token(served)}", headers=HTML)
    assert "incident 1 is over by bob ray" in answer.text.lower()
    served.view.alert_state = State()
    answer = await press(served, f"/ack/{token(served)}")
    assert "resolved long ago" in answer.text


@pytest.mark.parametrize("change", ["expired", "forged", "cut", "empty"])
async def test_a_link_that_does_not_serve_says_why_and_shows_nothing(
    served: Served, duty: Duty, change: str
) -> None:
    found = {
        "expired": token(served, expires=NOW),
        "forged": sign(bytes(32), 1, 1, "person:alice", NOW + HOUR),
        "cut": token(served)[:-3],
        "empty": "x",
    }[change]
    for answer in (
        await served.public.get(f"/ack/{found}", headers=HTML),
        await press(served, f"/ack/{found}"),
    ):
        assert answer.status_code == 410
        assert "shop-db" not in answer.text
    assert served.view.acted == []


async def test_a_store_that_takes_nothing_now_is_told(served: Served, duty: Duty) -> None:
    served.view.refuse = Refused("nothing can be stored now", busy=True)
    answer = await press(served, f"/ack/{token(served)}")
    assert answer.status_code == 503
    assert "othing can be stored now" in answer.text


async def test_only_its_form_is_taken(served: Served, duty: Duty) -> None:
    answer = await served.public.post(f"/ack/{token(served)}", json={"a": 1}, headers=HTML)
    assert answer.status_code == 415
    assert served.view.acted == []
