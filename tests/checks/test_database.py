"""The database check: what its keys mean, and what is said of each answer. The engines are in files of their
own."""

import builtins
import pickle
import sys

import pytest
from tests.checks.database_servers import Server

from slawatch.checks import database
from slawatch.checks._attempt import Attempt
from slawatch.checks._database import Answer, Target
from slawatch.checks._expected import parse_expected
from slawatch.checks._tls import TlsSettings
from slawatch.checks.database import Options, probe
from slawatch.core.instant import SECOND
from slawatch.core.sample import Cause, Measure, Outcome
from slawatch.core.text import Secret

PASSWORD = Secret("s3cret-p4ss", "env DB_PASSWORD")


def from_url(url: str, **keys: object) -> tuple[str, Target]:
    return database._target(Options(url=Secret(url, "env DATABASE_URL"), **keys))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "engine", "target"),
    [
        ("postgresql://u:p@db/shop", "postgresql", Target("db", 5432, "u", "p", "shop", None, "SELECT 1")),
        ("postgres://u@db:6432", "postgresql", Target("db", 6432, "u", None, "", None, "SELECT 1")),
        ("mysql://u:p@db/shop", "mysql", Target("db", 3306, "u", "p", "shop", None, "SELECT 1")),
        ("mariadb://u:@[::1]:3307/", "mysql", Target("::1", 3307, "u", "", "", None, "SELECT 1")),
        ("redis://db", "redis", Target("db", 6379, "", None, "", None, "PING")),
        ("redis://:p%40ss@db/2", "redis", Target("db", 6379, "", "p@ss", "2", None, "PING")),
        ("rediss://u:p@db", "redis", Target("db", 6379, "u", "p", "", TlsSettings(), "PING")),
        ("postgresql://a%20b:%2F@db/x%2Fy", "postgresql",
         Target("db", 5432, "a b", "/", "x/y", None, "SELECT 1")),
        ("postgresql://u@db?sslmode=disable", "postgresql",
         Target("db", 5432, "u", None, "", None, "SELECT 1")),
        ("postgresql://u@db?sslmode=require", "postgresql",
         Target("db", 5432, "u", None, "", TlsSettings(verify=False), "SELECT 1")),
        ("postgresql://u@db?sslmode=verify-full", "postgresql",
         Target("db", 5432, "u", None, "", TlsSettings(), "SELECT 1")),
        ("postgresql://u@%2Frun%2Fpostgresql/shop", "postgresql",
         Target("/run/postgresql/.s.PGSQL.5432", 5432, "u", None, "shop", None, "SELECT 1")),
    ],
)  # fmt: skip
def test_urls(url: str, engine: str, target: Target) -> None:
    assert from_url(url) == (engine, target)


def test_a_url_may_leave_the_password_and_the_settings_of_tls_to_keys() -> None:
    settings = TlsSettings(server_name="db.example")
    _, target = from_url("postgresql://u@db/shop?sslmode=require", password=PASSWORD, tls=settings)
    assert target.password == "s3cret-p4ss"
    assert target.tls == settings


@pytest.mark.parametrize(
    ("url", "keys", "wrong"),
    [
        ("oracle://u:hidden@db", {}, "one of the schemes mariadb, mysql, postgres"),
        ("hidden", {}, "one of the schemes"),
        ("postgresql:///shop", {}, "needs a host"),
        ("postgresql://u:hidden@db:port", {}, "cannot be read"),
        ("postgresql://u:hidden@db:99999", {}, "cannot be read"),
        ("postgresql://u:hidden@[::1", {}, "cannot be read"),
        ("postgresql://u:hidden@db:0", {}, "there is no port 0"),
        ("postgresql://db/shop", {}, "needs a user"),
        ("postgresql://u:hidden@d b/shop", {}, "not a valid host"),
        ("postgresql://u:hidden@db?sslmode=prefer", {}, "disable, require or verify-full"),
        ("postgresql://u:hidden@db?channel_binding=require", {}, "parameter channel_binding is not known"),
        (
            "postgresql://u:hidden@db",
            {"host": "other", "engine": "mysql"},
            "engine, host cannot stand beside url",
        ),
        ("postgresql://u:hidden@db", {"password": PASSWORD}, "one beside it"),
        ("redis://db/shop", {}, "a Redis database is a number"),
        ("redis://u@db", {}, "a Redis user needs a password"),
    ],
)
def test_urls_that_cannot_work_are_refused_without_being_shown(
    url: str, keys: dict[str, object], wrong: str
) -> None:
    with pytest.raises(ValueError, match=wrong) as refused:
        from_url(url, **keys)
    assert "hidden" not in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        ({}, "say where the database is"),
        ({"engine": "postgresql"}, "say where the database is"),
        ({"host": "db"}, "say where the database is"),
        ({"engine": "mysql", "host": "db"}, "a mysql check needs a user"),
        ({"engine": "mysql", "host": "db", "user": "u", "port": 0}, "there is no port 0"),
        ({"engine": "redis", "host": "db", "query": "GET 'x"}, "a quote is not closed"),
        ({"engine": "redis", "host": "db", "query": "  "}, "needs a command"),
        ({"engine": "mysql", "host": "db", "user": "a\0b"}, "NUL"),
        ({"engine": "mysql", "host": "no host", "user": "u"}, "not a valid host"),
    ],
)
def test_keys_that_cannot_work_are_refused(keys: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Options(**keys)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "expect", "outcome", "reason"),
    [
        (Answer(1, "1"), None, Outcome.UP, ""),
        (Answer(0, None), None, Outcome.UP, ""),
        (Answer(1, "3"), "< 10", Outcome.UP, ""),
        (Answer(1, "30"), "< 10", Outcome.DOWN, "the value is '30', expected < 10"),
        (Answer(1, None), "1", Outcome.DOWN, "the value is NULL, expected 1"),
        (Answer(0, None), "1", Outcome.DOWN, "the query returned no row, expected 1"),
        (Answer(1, "x" * 500), "1", Outcome.DOWN, f"the value is '{'x' * 100}', expected 1"),
    ],
)
def test_judgement(
    attempt: Attempt, answer: Answer, expect: str | None, outcome: Outcome, reason: str
) -> None:
    wanted = parse_expected(expect) if expect is not None else None
    options = Options(engine="redis", host="db", expect=wanted)
    seen = database._judge(options, answer, SECOND, attempt)
    assert (seen.outcome, seen.reason, seen.latency) == (outcome, reason, SECOND)
    assert seen.cause is (Cause.CONTENT if outcome is Outcome.DOWN else Cause.NONE)


def test_a_number_is_measured() -> None:
    assert database._measures(Answer(1, "42.5")) == (Measure("value", 42.5),)
    for value in (None, "ok", "nan", "inf", "1" * 41):
        assert database._measures(Answer(1, value)) == ()


def test_a_slow_answer_is_degraded_and_a_wrong_one_down_however_slow(attempt: Attempt) -> None:
    options = Options(engine="redis", host="db", expect=parse_expected("ok"), degraded_over=SECOND)
    slow = database._judge(options, Answer(1, "ok"), 2 * SECOND, attempt)
    assert (slow.outcome, slow.cause) == (Outcome.DEGRADED, Cause.SLOW)
    assert slow.reason == "took 2.000 s, longer than 1s"
    assert database._judge(options, Answer(1, "ok"), SECOND, attempt).outcome is Outcome.UP
    assert database._judge(options, Answer(1, "no"), 2 * SECOND, attempt).outcome is Outcome.DOWN


@pytest.mark.parametrize("engine", ["postgresql", "mysql", "redis"])
async def test_nobody_listens(attempt: Attempt, refused: int, engine: database.Engine) -> None:
    options = Options(engine=engine, host="127.0.0.1", port=refused, user="u", password=PASSWORD)
    seen = await probe(options, attempt)
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, Cause.CONNECT)
    assert "connection refused" in seen.reason
    assert seen.reason in attempt.transcript()


@pytest.mark.parametrize("engine", ["postgresql", "mysql", "redis"])
async def test_there_is_no_such_socket(attempt: Attempt, engine: database.Engine) -> None:
    options = Options(engine=engine, host="/nowhere/at/all", user="u", password=PASSWORD)
    seen = await probe(options, attempt)
    assert (seen.outcome, seen.cause) == (Outcome.DOWN, Cause.CONNECT)
    assert "there is no socket /nowhere/at/all" in seen.reason


async def test_a_missing_driver_is_our_own_fault_and_says_what_to_install(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [n for n in sys.modules if n.split(".")[0] == "pymysql" or n == "slawatch.checks._mysql"]:
        monkeypatch.delitem(sys.modules, name)
    original = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        if name.split(".")[0] == "pymysql":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return original(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    options = Options(engine="mysql", host="127.0.0.1", user="u")
    database.prepare(options)
    seen = await probe(options, attempt)
    assert (seen.outcome, seen.cause) == (Outcome.UNKNOWN, Cause.OURS)
    assert 'pip install "slawatch[mysql]"' in seen.reason


async def test_a_query_by_url_from_end_to_end(attempt: Attempt, postgresql: Server) -> None:
    url = f"postgresql://watcher:s3cret-p4ss@127.0.0.1:{postgresql.port}/shop"
    options = Options(url=Secret(url), query="SELECT current_database()", expect=parse_expected("shop"))
    seen = await probe(options, attempt)
    assert seen.outcome is Outcome.UP
    assert seen.latency is not None
    parts = (attempt.connect, attempt.first_byte)
    assert None not in parts
    assert sum(part or 0 for part in parts) <= seen.latency
    assert "s3cret" not in f"{seen}{attempt.transcript()}{options!r}"


def test_options_travel_to_the_prober() -> None:
    options = Options(
        engine="postgresql",
        host="db",
        user="u",
        password=PASSWORD,
        tls=TlsSettings(),
        expect=parse_expected("/x/"),
    )
    assert pickle.loads(pickle.dumps(options)) == options
