"""What every check type owes: the registry finds them by their files, and this asks each for the same
things."""

import dataclasses
import inspect
import pickle
import re
import tomllib
from functools import partial
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import trio

from slawatch.checks import CheckType, load, names
from slawatch.checks._address import parse_address
from slawatch.checks._attempt import Attempt
from slawatch.checks._dns import Resolver
from slawatch.checks._exposition import parse_selector
from slawatch.checks._http_plan import Auth
from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.sample import Cause, Measure, Observation, Outcome
from slawatch.core.text import Secret

ROOT = Path(__file__).parents[2]
HIDDEN = "hunter2-is-not-shown"
SECRET = Secret(HIDDEN, "env PASSWORD")
PORT = 1

EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "database": [
        {"engine": "postgresql", "host": "127.0.0.1", "port": PORT, "user": "u", "password": SECRET},
        {"engine": "mysql", "host": "127.0.0.1", "port": PORT, "user": "u", "password": SECRET},
        {"engine": "redis", "host": "127.0.0.1", "port": PORT, "password": SECRET},
        {"url": Secret(f"redis://:{HIDDEN}@127.0.0.1:{PORT}", "env URL")},
    ],
    "exec": [{"command": ("sh", "-c", 'echo "$PASSWORD"; exit 2'), "env": {"PASSWORD": SECRET}}],
    "heartbeat": [{"every": MINUTE, "token": SECRET}],
    "http": [
        {"url": f"http://127.0.0.1:{PORT}/", "auth": Auth(type="basic", username="u", password=SECRET)},
        {"url": f"https://127.0.0.1:{PORT}/", "headers": {"X-Key": SECRET}},
    ],
    "scrape": [
        {
            "url": f"http://127.0.0.1:{PORT}/metrics",
            "counters": {"total": parse_selector('requests_total{code!~"5.."}')},
            "auth": Auth(type="bearer", token=SECRET),
        },
    ],
    "tcp": [{"address": parse_address(f"127.0.0.1:{PORT}"), "send": SECRET, "expect": "x"}],
}
"""For each check type its keys with a secret wherever one can be, and a target that refuses connections."""

CASES = [
    pytest.param(load(name), keys, id=f"{name}-{n}")
    for name in names()
    for n, keys in enumerate(EXAMPLES[name])
]


def addressed(keys: dict[str, Any], port: int) -> dict[str, Any]:
    """Return the same keys for a target on another port."""

    def moved(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(f":{PORT}", f":{port}")
        if isinstance(value, Secret):
            return Secret(moved(value.value), value.source)
        if isinstance(value, tuple) and hasattr(value, "port"):
            return value._replace(port=port)
        return value

    found = {name: moved(value) for name, value in keys.items()}
    return {**found, "port": port} if "port" in found else found


def attempt_at(kind: CheckType) -> Attempt:
    attempt = Attempt(f"a-{kind.name}", 10 * SECOND, Resolver())
    attempt.now = 10**15
    return attempt


async def look(kind: CheckType, keys: dict[str, Any], attempt: Attempt) -> Observation:
    with trio.fail_after(20):
        seen = await kind.probe(kind.options(**keys), attempt)
    check(seen, attempt)
    return seen


def check(seen: Observation, attempt: Attempt) -> None:
    """Hold an observation against what all of them promise."""
    assert isinstance(seen, Observation)
    assert isinstance(seen.outcome, Outcome)
    assert isinstance(seen.cause, Cause)
    assert (seen.cause is Cause.NONE) == (seen.outcome is Outcome.UP)
    assert bool(seen.reason) == (seen.outcome is not Outcome.UP)
    assert seen.reason.isprintable()
    assert seen.cause is not Cause.BUG
    assert seen.latency is None or seen.latency >= 0
    assert all(isinstance(measure, Measure) for measure in seen.measures)
    assert attempt.lines
    assert HIDDEN not in f"{seen!r}{attempt.transcript()}{attempt.doing}"


def test_the_types_are_the_public_files() -> None:
    assert names() == tuple(sorted(EXAMPLES))
    with pytest.raises(KeyError):
        load("_dial")
    with pytest.raises(KeyError):
        load("nonsense")


def test_only_heartbeats_are_passive() -> None:
    assert [name for name in names() if load(name).passive] == ["heartbeat"]


@pytest.mark.parametrize("name", names())
def test_its_options_are_documented_key_by_key(name: str) -> None:
    options = load(name).options
    documentation = inspect.getdoc(options) or ""
    head, found, attributes = documentation.partition("\nAttributes:\n")
    assert found, "no Attributes: section"
    assert head.strip().split("\n\n")[0].endswith("."), "the first paragraph is a sentence"
    entries = re.findall(r"^    (\w+): \S", attributes, re.MULTILINE)
    assert entries == [field.name for field in dataclasses.fields(options)]


@pytest.mark.parametrize("name", names())
def test_its_options_are_a_frozen_dataclass_with_keywords_only(name: str) -> None:
    options = load(name).options
    assert dataclasses.is_dataclass(options)
    parameters = options.__dataclass_params__  # type: ignore[attr-defined]
    assert parameters.frozen
    assert all(field.kw_only for field in dataclasses.fields(options))
    assert "__slots__" in vars(options)
    get_type_hints(options, include_extras=True)


@pytest.mark.parametrize("name", names())
def test_no_key_is_one_that_every_check_has(name: str) -> None:
    of_every_check = {
        "name",
        "service",
        "type",
        "interval",
        "timeout",
        "failures",
        "retry_interval",
        "stale_after",
    }
    assert not of_every_check & {field.name for field in dataclasses.fields(load(name).options)}


@pytest.mark.parametrize("name", names())
def test_what_is_named_like_a_secret_can_be_one(name: str) -> None:
    hints = get_type_hints(load(name).options)
    for key, hint in hints.items():
        if re.search("password|secret|token|key$", key):
            assert hint is Secret or Secret in get_args(hint), key


@pytest.mark.parametrize("name", names())
def test_it_has_a_test_file_and_a_probe_that_is_documented(name: str) -> None:
    kind = load(name)
    assert list((ROOT / "tests/checks").glob(f"test_{name}*.py"))
    assert inspect.iscoroutinefunction(kind.probe)
    assert kind.probe.__doc__
    assert list(inspect.signature(kind.probe).parameters) == ["options", "attempt"]


@pytest.mark.parametrize("name", names())
def test_it_has_a_place_in_the_example(name: str) -> None:
    example = ROOT / "config.example.toml"
    if not example.exists():
        pytest.skip("there is no config.example.toml yet")
    checks = tomllib.loads(example.read_text())["checks"].values()
    assert any(check["type"] == name for check in checks)


@pytest.mark.parametrize(("kind", "keys"), CASES)
def test_its_options_travel_and_show_no_secret(kind: CheckType, keys: dict[str, Any]) -> None:
    options = kind.options(**keys)
    assert pickle.loads(pickle.dumps(options)) == options
    assert HIDDEN not in repr(options)
    assert HIDDEN not in str(options)
    with pytest.raises((dataclasses.FrozenInstanceError, AttributeError)):
        setattr(options, dataclasses.fields(options)[0].name, None)


@pytest.mark.parametrize(("kind", "keys"), CASES)
async def test_nobody_there_is_an_answer_and_no_exception(
    kind: CheckType, keys: dict[str, Any], refused: int
) -> None:
    seen = await look(kind, addressed(keys, refused), attempt_at(kind))
    if kind.name not in ("exec", "heartbeat"):
        assert (seen.outcome, seen.cause) == (Outcome.DOWN, Cause.CONNECT), seen


@pytest.mark.parametrize(
    "said", [b"", b"\0", b"garbage\r\n\r\n", b"\xff" * 3000], ids=["eof", "nul", "text", "ff"]
)
@pytest.mark.parametrize(("kind", "keys"), CASES)
async def test_nonsense_is_an_answer_and_no_exception(
    nursery: trio.Nursery, kind: CheckType, keys: dict[str, Any], said: bytes
) -> None:
    async def serve(stream: trio.SocketStream) -> None:
        try:
            async with stream:
                await stream.send_all(said)
                await stream.send_eof()
                async for _ in stream:
                    pass
        except trio.BrokenResourceError:
            return

    listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
    port = listeners[0].socket.getsockname()[1]
    seen = await look(kind, addressed(keys, port), attempt_at(kind))
    assert seen.outcome in (Outcome.DOWN, Outcome.UNKNOWN)
    if kind.name not in ("exec", "heartbeat"):
        assert seen.outcome is Outcome.DOWN, seen


@pytest.mark.parametrize(("kind", "keys"), CASES)
async def test_cut_off_it_ends_at_once_and_says_what_it_was_doing(
    nursery: trio.Nursery, kind: CheckType, keys: dict[str, Any]
) -> None:
    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            async for _ in stream:
                pass

    listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
    port = listeners[0].socket.getsockname()[1]
    attempt = attempt_at(kind)
    with trio.fail_after(5):
        with trio.move_on_after(0.2) as scope:
            await kind.probe(kind.options(**addressed(keys, port)), attempt)
    if kind.name not in ("exec", "heartbeat"):
        assert scope.cancelled_caught
        assert attempt.doing != "starting"
    assert HIDDEN not in f"{attempt.transcript()}{attempt.doing}"


@pytest.mark.parametrize(("kind", "keys"), CASES)
async def test_without_file_descriptors_it_is_unknown_and_never_down(
    kind: CheckType, keys: dict[str, Any], refused: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of our own says nothing about the target."""
    import resource

    if kind.passive:
        pytest.skip("it opens nothing")
    keys = addressed(keys, refused)
    await look(kind, keys, attempt_at(kind))
    attempt = attempt_at(kind)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        seen = await look(kind, keys, attempt)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert (seen.outcome, seen.cause) == (Outcome.UNKNOWN, Cause.OURS), seen
    assert "file descriptors" in seen.reason
