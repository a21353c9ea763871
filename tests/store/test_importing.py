import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.samples import batch, sample

from slawatch.core.instant import DAY, HOUR, SECOND, rfc3339
from slawatch.core.sample import Outcome, Transition
from slawatch.core.timeline import Held, fold, step
from slawatch.store import importing
from slawatch.store.batch import Batch
from slawatch.store.database import Database, StoreBusy
from slawatch.store.evidence import gather, last_samples
from slawatch.store.folding import refold
from slawatch.store.importing import Imported, ImportRefused, import_samples
from slawatch.store.source import rows
from slawatch.store.writer import Writer

START = 20_000 * DAY
CHECKS = {"a": (1, HOUR), "b": (2, 2 * HOUR)}
HEAD = "check,time,outcome,latency,reason\n"


@pytest.fixture
def database(tmp_path: Path) -> Iterable[Database]:
    with Database.open(tmp_path / "state") as opened:
        assert opened.check_numbers(CHECKS) == {"a": 1, "b": 2}
        yield opened


def stored(database: Database) -> list[tuple[object, ...]]:
    with database.reading() as cursor:
        samples = rows(cursor, "sample", 0, 2**60)
        failures = rows(cursor, "failure", 0, 2**60)
        return cursor.execute(
            f"SELECT s.check_number, s.started_at, s.outcome, s.latency, f.reason FROM {samples} s "
            f"LEFT JOIN {failures} f ON f.check_number = s.check_number AND f.started_at = s.started_at "
            "ORDER BY ALL"
        ).fetchall()


def transitions(database: Database) -> list[tuple[object, ...]]:
    with database.reading() as cursor:
        return cursor.execute(
            "SELECT check_number, changed_at, outcome, after FROM transition ORDER BY ALL"
        ).fetchall()


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


EXPECTED = [
    (1, START, 0, 52_000, None),
    (1, START + 30 * SECOND, 2, None, "connection refused, twice"),
    (1, START + 60_500_000, 1, 1, None),
    (2, START + DAY, 3, None, 'a "quoted" reason'),
]


def test_csv(database: Database, tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.csv",
        "\ufeffcheck,time,outcome,latency,reason\r\n"
        'b,2024-10-05T02:00:00+02:00,unknown,,"a ""quoted"" reason"\r\n'
        f"a,{START // SECOND},up,0.052,\r\n"
        'a,2024-10-04T00:00:30Z,down,,"connection refused, twice"\r\n'
        "a,2024-10-04T00:01:00.500Z,degraded,1e-06,\r\n",
    )
    assert import_samples(database, path, CHECKS) == Imported(4, 4, 2, START, START + DAY)
    assert stored(database) == EXPECTED
    assert import_samples(database, path, CHECKS) == Imported(4, 0, 2, START, START + DAY)
    assert stored(database) == EXPECTED
    with database.reading() as cursor:
        assert last_samples(cursor, ["b"])["b"].holds == 2 * HOUR


def test_json_lines(database: Database, tmp_path: Path) -> None:
    rows = [
        {"check": "b", "time": "2024-10-05T00:00:00Z", "outcome": "unknown", "reason": 'a "quoted" reason'},
        {"check": "a", "time": START // SECOND, "outcome": "up", "latency": 0.052, "reason": None},
        {"check": "a", "time": START / SECOND + 30, "outcome": "down", "reason": "connection refused, twice"},
        {"outcome": "degraded", "latency": 1e-06, "check": "a", "time": START / SECOND + 60.5, "reason": ""},
    ]
    path = write(tmp_path / "x.jsonl", "\n\n".join(json.dumps(row) for row in rows))
    assert import_samples(database, path, CHECKS).added == 4
    assert stored(database) == EXPECTED


@pytest.mark.parametrize(
    "time",
    [
        "make_timestamp({us})",
        "make_timestamp({us})::TIMESTAMPTZ",
        "make_timestamp_ns({us} * 1000)",
        "({us}::DECIMAL(38, 0) / 1000000)::DOUBLE",
        "({us}::DECIMAL(38, 0) / 1000000)::DECIMAL(38, 6)",
        "strftime(make_timestamp({us}), '%Y-%m-%dT%H:%M:%S.%fZ')",
    ],
)
def test_parquet(database: Database, tmp_path: Path, time: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE TABLE found (us BIGINT, c VARCHAR, o VARCHAR, l DOUBLE, r VARCHAR)")
        names = {1: "a", 2: "b"}
        for number, at, outcome, latency, reason in EXPECTED:
            seconds = None if latency is None else latency / SECOND
            row = [at, names[number], Outcome(outcome).word, seconds, reason]
            connection.execute("INSERT INTO found VALUES (?, ?, ?, ?, ?)", row)
        connection.execute(
            f'COPY (SELECT c AS "check", {time.format(us="us")} AS "time", o AS outcome, '
            f"l AS latency, r AS reason FROM found ORDER BY l) TO '{tmp_path / 'x.parquet'}' (FORMAT parquet)"
        )
    assert import_samples(database, tmp_path / "x.parquet", CHECKS).added == 4
    assert stored(database) == EXPECTED


@pytest.mark.parametrize(
    ("rows", "line", "message"),
    [
        ("a,2024-10-04T00:00:00Z,up,,\nx,2024-10-04T00:00:00Z,up,,\n", 3, 'check "x" is not in the config'),
        ("a,2024-10-04T00:00:00,up,,\n", 2, "neither RFC 3339 with an offset"),
        ("a,yesterday,up,,\n", 2, '"yesterday"'),
        ("a,2024-13-04T00:00:00Z,up,,\n", 2, "neither RFC 3339"),
        ("a,1728000000000,up,,\n", 2, "epoch times are in seconds"),
        ("a,,up,,\n", 2, "time"),
        ("a,2095-10-04T00:00:00Z,up,,\n", 2, "lies in the future"),
        ("a,1728000000,UPP,,\n", 2, 'outcome "UPP" is none of up, degraded, down, unknown'),
        ("a,1728000000,,,\n", 2, "outcome"),
        ("a,1728000000,up,fast,\n", 2, 'latency "fast"'),
        ("a,1728000000,up,-1,\n", 2, "latency"),
        ("a,1728000000,up,nan,\n", 2, "latency"),
        ("a,1728000000,up,inf,\n", 2, "latency"),
        (",1728000000,up,,\n", 2, "check is empty"),
        ('a,1728000000,down,,"two\nlines"\n\na,1728000001,oops,,\n', 5, "oops"),
        ("a,1728000000,up,,\na,1728000001,up\n", 3, "expected 5 columns, found 3"),
        ("a,1728000000,up,,,x,y\n", 2, "expected 5 columns, found"),
        ('a,1728000000,up,,"never closed\n', 2, "2: a quotation mark is never closed, or"),
        ("a,1728000000,up,," + "x" * 5_000_000 + "\n", 2, "2: this line is longer than 4 MiB"),
        (
            "a,1728000000,up,0.5,\nb,1728000000,up,,\na,1728000000,up,0.6,\n",
            4,
            "another sample of this check",
        ),
        ("a,1728000000,up,0.5,\na,1728000000,up,0.5,\na,1728000000,down,0.5,\n", 4, "is in line 2"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_stored(
    database: Database, tmp_path: Path, rows: str, line: int, message: str
) -> None:
    path = write(tmp_path / "x.csv", HEAD + rows)
    with pytest.raises(ImportRefused) as caught:
        import_samples(database, path, CHECKS)
    assert caught.value.line == line
    assert f"{path}:{line}: " in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert stored(database) == []
    assert transitions(database) == []
    assert list(database.sealed.iterdir()) == []
    assert list(database.spill.iterdir()) == []


@pytest.mark.parametrize(
    ("rows", "line", "message"),
    [
        ('{"check": "a", "time": 1, "outcome": "up"}\n\nnot json\n', 3, "this is no JSON object"),
        ('{"check": "a", "time": 1, "outcome": "up"}\nnot json\n', 2, "this is no JSON object"),
        ('{"check": "a"\n{"check": "a", "time": 1, "outcome": "up"}\n', 1, "this is no JSON object"),
        (
            '{"check": "a", "time": 1, "outcome": "up"}\n\n{"check": "a", "time": [], "outcome": "up"}\n',
            3,
            "time",
        ),
        ('{"check": "a", "time": 1}\n', 1, "outcome"),
        ('{"check": {"name": "a"}, "time": 1, "outcome": "up"}\n', 1, "is not in the config"),
    ],
)
def test_a_bad_json_line_is_named(
    database: Database, tmp_path: Path, rows: str, line: int, message: str
) -> None:
    path = write(tmp_path / "x.jsonl", rows)
    with pytest.raises(ImportRefused, match=message) as caught:
        import_samples(database, path, CHECKS)
    assert caught.value.line == line
    assert stored(database) == []


def test_what_is_no_parquet_file_is_said_in_one_line(database: Database, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused) as caught:
        import_samples(database, write(tmp_path / "x.parquet", "text"), CHECKS)
    assert "is no Parquet file: " in str(caught.value)
    assert "SELECT" not in str(caught.value)


def test_what_is_not_utf_8_is_named(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(HEAD.encode() + b"a,1728000000,down,,\xff\n")
    with pytest.raises(ImportRefused, match=r"x\.csv:2: this is not UTF-8"):
        import_samples(database, path, CHECKS)


def test_a_file_without_rows(database: Database, tmp_path: Path) -> None:
    assert import_samples(database, write(tmp_path / "x.csv", HEAD), CHECKS) == Imported(0, 0)
    assert import_samples(database, write(tmp_path / "x.jsonl", ""), CHECKS) == Imported(0, 0)


def test_what_contradicts_the_store_is_refused(database: Database, tmp_path: Path) -> None:
    Writer(database).write(
        batch(1, [sample(1, START, 2, reason="refused"), sample(1, START + SECOND, latency=500)])
    )
    same = f"a,{rfc3339(START)},down,0.001,refused\na,{rfc3339(START + SECOND)},up,0.0005,\n"
    assert import_samples(database, write(tmp_path / "x.csv", HEAD + same), CHECKS).added == 0
    for wrong in ("down,0.001,reset", "up,0.001,", "down,0.002,refused", "down,,refused"):
        path = write(tmp_path / "x.csv", HEAD + f"b,{rfc3339(START)},up,,\na,{rfc3339(START)},{wrong}\n")
        with pytest.raises(ImportRefused, match="stored already") as caught:
            import_samples(database, path, CHECKS)
        assert caught.value.line == 3
    assert len(stored(database)) == 2


def test_what_is_imported_between_live_samples_changes_the_transitions(
    database: Database, tmp_path: Path
) -> None:
    writer = Writer(database)
    writer.write(batch(1, [sample(1, START, holds=HOUR), sample(1, START + 30 * 60 * SECOND, holds=HOUR)]))
    path = write(tmp_path / "x.csv", HEAD + f"a,{rfc3339(START + 60 * SECOND)},down,,refused\n")
    import_samples(database, path, CHECKS)
    assert transitions(database) == [
        (1, START, 0, None),
        (1, START + 60 * SECOND, 2, START),
        (1, START + 30 * 60 * SECOND, 0, START + 60 * SECOND),
    ]
    with database.reading() as cursor:
        found = gather(cursor, {"s": ["a"]}, START, START + HOUR)["s"]
    assert [reason.text for reason in found.reasons] == ["refused"]


def test_fresh_days_stay_where_the_daemon_still_writes(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slawatch.clock.now", lambda: START + 2 * DAY + HOUR)
    days = "".join(f"a,{rfc3339(START + n * DAY)},up,,\n" for n in range(3))
    import_samples(database, write(tmp_path / "x.csv", HEAD + days), CHECKS)
    with database.reading() as cursor:
        assert cursor.execute("SELECT day FROM sealed_day").fetchall() == [(20_000,)]
        assert cursor.execute("SELECT count(*) FROM sample").fetchall() == [(2,)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    found=st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 100).map(lambda n: n * HOUR // 2), st.integers(0, 3)),
        unique_by=lambda row: row[:2],
        max_size=40,
    ),
    parts=st.integers(1, 3),
)
def test_files_in_any_order_give_the_transitions_of_fold(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[str, int, int]], parts: int
) -> None:
    folder = tmp_path_factory.mktemp("import")
    with Database.open(folder / "state") as database:
        database.check_numbers(CHECKS)
        for part in range(parts):
            lines = [
                f"{check},{rfc3339(START + at)},{Outcome(outcome).word},,\n"
                for check, at, outcome in found[part::parts]
            ]
            import_samples(database, write(folder / "x.csv", HEAD + "".join(lines + lines[:2])), CHECKS)
        expected: list[tuple[int, Transition]] = []
        for name, (number, holds) in CHECKS.items():
            made, _ = fold(Held(START + at, holds, outcome) for check, at, outcome in found if check == name)
            expected.extend((number, transition) for transition in made)
        assert transitions(database) == sorted((n, t.at, t.outcome, t.after) for n, t in expected)


rows_of = st.lists(
    st.tuples(st.sampled_from([1, 2]), st.integers(0, 40).map(lambda n: n * HOUR // 2), st.integers(0, 3)),
    unique_by=lambda row: row[:2],
    max_size=12,
)


def evaluated(sequence: int, held: dict[int, Held], found: list[tuple[int, int, int]]) -> Batch:
    """A batch as the daemon makes it of samples in the order in which they came."""
    made, changes, late = [], [], []
    for number, at, outcome in found:
        holds = CHECKS["ab"[number - 1]][1]
        made.append(sample(number, START + at, outcome, holds=holds, latency=None))
        last = held.get(number)
        if last is not None and START + at <= last.started_at:
            late.append((number, START + at))
            continue
        held[number], stepped = step(last, START + at, outcome, holds)
        changes += [(number, change) for change in stepped]
    return Batch(sequence, made, changes, (), (), late)


def folded(found: Iterable[tuple[int, int, int]]) -> list[tuple[object, ...]]:
    rows = list(found)
    made: list[tuple[object, ...]] = []
    for number, holds in CHECKS.values():
        changes, _ = fold(Held(START + at, holds, outcome) for check, at, outcome in rows if check == number)
        made += [(number, change.at, change.outcome, change.after) for change in changes]
    return sorted(made, key=repr)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows_of, rows_of, rows_of, st.booleans(), st.booleans())
def test_what_is_stored_beside_an_import_is_folded_with_it(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    before: list[tuple[int, int, int]],
    imported: list[tuple[int, int, int]],
    beside: list[tuple[int, int, int]],
    killed: bool,
    sealed: bool,
) -> None:
    taken = {row[:2] for row in before}
    imported = [row for row in imported if row[:2] not in taken]
    taken |= {row[:2] for row in imported}
    beside = [row for row in beside if row[:2] not in taken]
    folder = tmp_path_factory.mktemp("beside")
    with Database.open(folder / "state") as database:
        database.check_numbers(CHECKS)
        writer, held = Writer(database), dict[int, Held]()
        writer.write(evaluated(1, held, before))
        second = evaluated(2, held, beside)

        def meanwhile(*args: Any) -> None:
            writer.write(second)
            refold(*args)

        lines = [f"{'ab'[n - 1]},{rfc3339(START + at)},{Outcome(o).word},,\n" for n, at, o in imported]
        path = write(folder / "x.csv", HEAD + "".join(lines))
        with monkeypatch.context() as patched:
            patched.setattr(importing, "refold", meanwhile)
            patched.setattr(importing, "_FRESH_DAYS", 2 if sealed else 1_000_000)
            try:
                found = import_samples(database, path, CHECKS, beside=True)
            except StoreBusy:
                # Both moved the same transition: late samples beside it, which are stored now.
                assert second.late
                found = import_samples(database, path, CHECKS, beside=True)
        if not found.added:
            assert found.mark is None
            beside = []
        elif killed:
            assert Writer(database).settle() == len(found.last)
        else:
            assert found.mark is not None
            met = {(one.check, one.started_at) for one in second.samples}
            met |= {
                (number, change.after) for number, change in second.transitions if change.after is not None
            }
            late = [(n, at) for n, at in met if n in found.last and at <= found.last[n]]
            whole = any(number in found.last for number, _ in second.late)
            marks = [] if whole else [*late, *found.last.items()]
            writer.write(Batch(3, late=marks, settles=[(found.mark, whole)]))
        assert sorted(transitions(database), key=repr) == folded([*before, *imported, *beside])
        assert Writer(database).settle() == 0
