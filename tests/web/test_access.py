"""Every route by everybody who could ask: nobody, each role, and each role of one organisation alone."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import trio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from slawatch.core.access import ACTIONS, PUBLIC, ROLES, WHOLE, Principal, Role, allowed
from slawatch.web.access import Guarded, require, route
from slawatch.web.app import build
from slawatch.web.door import Door, undeclared
from slawatch.web.problem import Problem

from .conftest import View
from .guests import configured, guests, token

PARTS = {
    "service": "shop", "key": "backup", "number": "1", "id": "nothing", "slug": "acme", "org": "acme",
    "version": "0", "name": "slawatch.css", "token": "nothing", "channel": "hook", "schedule": "nothing",
}  # fmt: skip


def routes_of(view: View) -> list[Guarded]:
    door: Any = build(view)
    while not isinstance(door, Door):
        door = door._app
    assert undeclared(door.whole.routes) == []
    return [one for one in door.whole.routes if isinstance(one, Guarded)]


def asked(one: Guarded) -> Iterator[tuple[str, str, str]]:
    """Yield method, path and action of each way to use a route."""
    path = re.sub(
        r"\{(\w+)(:int)?(?::\w+)?\}", lambda part: "1" if part[2] else PARTS.get(part[1], "nothing"), one.path
    )
    for method, action in one.needs.items():
        # The stream of events never ends; its head does.
        if (method, path) != ("GET", "/api/v1/events"):
            yield method, path, action


async def test_each_route_by_each_role(view: View, tmp_path: Path) -> None:
    view.config = configured(tmp_path)
    everybody = [*product(ROLES, (None, ("acme",)))]
    secrets = {who: token(view, *who) for who in everybody}
    table = [line for one in routes_of(view) for line in asked(one)]
    assert len(table) > 30
    wrong: list[Any] = []

    async with guests(view, tmp_path) as served:

        async def ask(who: Any) -> None:
            async with served.client(secrets[who] if who else "") as client:
                for method, path, action in table:
                    with trio.fail_after(30):
                        answer = await client.request(
                            method, path, content=b"" if method != "POST" else b"{}"
                        )
                    if action == PUBLIC:
                        right = answer.status_code != 401
                    elif who is None:
                        right = answer.status_code == 401
                    else:
                        role, organizations = who
                        may = allowed(role, action) and (action not in WHOLE or organizations is None)
                        said = "takes the role" in answer.text or "as a whole" in answer.text
                        refused = answer.status_code == 403 and (said or method == "HEAD")
                        right = answer.status_code not in (401, 500) and refused is not may
                    if not right:
                        wrong.append((who, method, path, action, answer.status_code, answer.text[:100]))

        for who in [None, *everybody]:
            await ask(who)
    assert wrong == [], "\n".join(map(str, wrong))


async def test_the_socket_and_a_machine_without_login(view: View, tmp_path: Path) -> None:
    table = [line for one in routes_of(view) for line in asked(one)]
    async with guests(view, tmp_path) as served, served.client() as local, served.owner() as owner:
        for method, path, action in table:
            answer = await owner.request(method, path, content=b"")
            assert answer.status_code not in (401, 403), (method, path, answer.text)
            answer = await local.request(method, path, content=b"")
            may = action == PUBLIC or allowed("responder", action)
            assert (answer.status_code in (401, 403)) is not may, (method, path, answer.text)


@pytest.mark.parametrize(("local", "status"), [("viewer", 403), ("admin", 200)])
async def test_what_a_machine_without_login_may_is_configured(
    view: View, tmp_path: Path, local: Role, status: int
) -> None:
    from dataclasses import replace

    view.config = replace(view.config, web=replace(view.config.web, local=local))
    async with guests(view, tmp_path) as served, served.client() as client:
        assert (await client.get("/api/v1/tokens")).status_code == status


def test_every_action_is_some_routes(view: View) -> None:
    used = {action for one in routes_of(view) for action in one.needs.values()} - {PUBLIC}
    assert used <= set(ACTIONS)


def test_a_route_that_does_not_say_who_may_use_it_is_found(view: View) -> None:
    assert undeclared([Route("/open", endpoint), route("/ok", endpoint, "read")]) == ["/open"]
    with pytest.raises(ValueError, match="no action 'fly'"):
        route("/x", endpoint, "fly")


async def endpoint(_: Request) -> Response:
    return Response("")


def test_who_sees_some_organisations_is_never_served_by_the_whole() -> None:
    who = Principal(name="a", kind="token", role="admin", organizations=frozenset({"acme"}))
    require(PUBLIC, {"state": {"principal": who, "scope": None}, "path": "/x"})
    require("read", {"state": {"principal": who, "scope": frozenset({"acme"})}, "path": "/x"})
    for scope in (None, frozenset({"other"}), frozenset({"acme", "other"})):
        with pytest.raises(Problem) as caught:
            require("read", {"state": {"principal": who, "scope": scope}, "path": "/x"})
        assert caught.value.status == 404
