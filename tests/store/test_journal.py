from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.samples import batch, sample

from slawatch.core.life import LifeEvent
from slawatch.core.sample import Cause, Outcome, Sample, Transition
from slawatch.store.batch import Batch
from slawatch.store.journal import Acknowledged, Journal

FULL = Batch(
    7,
    [sample(1, 5, 2, reason="nö", transcript="a\nb", measures=(("load", 0.5, ""), ("days", 3, "d")))],
    [(1, Transition(5, 2, None))],
    [LifeEvent(1, "start", "{}")],
    [(2, 9)],
    [(1, 5)],
    ((12, True),),
)


def test_what_is_appended_is_replayed(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    assert journal.replay() == []
    assert len(journal) == 0
    journal.append(FULL)
    journal.append(batch(8, [sample(2, 6)]))
    journal.close()
    again = Journal(tmp_path / "journal")
    assert len(again) == 2
    found = again.replay()
    assert found == [FULL, batch(8, [sample(2, 6)])]
    assert isinstance(found[0].samples[0], Sample)
    assert isinstance(found[0].transitions[0][1], Transition)
    again.append(batch(9, [sample(2, 7)]))
    assert [b.sequence for b in Journal(tmp_path / "journal").replay()] == [7, 8, 9]


def test_enumerations_are_kept_as_numbers(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    row = sample(1, 5)._replace(outcome=Outcome.DOWN, cause=Cause.TLS)
    journal.append(Batch(1, [row], [(1, Transition(5, Outcome.DOWN, None))]))
    assert journal.replay()[0].samples[0] == row


def test_a_cleared_journal_is_empty_and_usable(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.clear()
    assert not (tmp_path / "journal").exists()
    journal.append(FULL)
    journal.clear()
    assert journal.replay() == []
    assert Journal(tmp_path / "journal").replay() == []
    journal.append(FULL)
    assert Journal(tmp_path / "journal").replay() == [FULL]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 10_000))
def test_a_torn_tail_loses_the_last_batch_only(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "journal"
    path.unlink(missing_ok=True)
    journal = Journal(path)
    ends = []
    for sequence in (1, 2, 3):
        journal.append(batch(sequence, [sample(1, sequence)]))
        ends.append(path.stat().st_size)
    journal.close()
    content = path.read_bytes()
    cut = cut % (len(content) + 1)
    path.write_bytes(content[:cut])
    torn = Journal(path)
    whole = [sequence for sequence, end in enumerate(ends, 1) if end <= cut]
    assert [b.sequence for b in torn.replay()] == whole
    torn.append(batch(9, [sample(1, 9)]))
    torn.close()
    assert [b.sequence for b in Journal(path).replay()] == [*whole, 9]


def test_damage_in_the_middle_costs_one_batch_and_is_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path)
    starts = []
    for sequence in (1, 2, 3):
        starts.append(path.stat().st_size if path.exists() else 0)
        journal.append(batch(sequence, [sample(1, sequence)]))
    journal.close()
    content = bytearray(path.read_bytes())
    content[starts[1] + 20] ^= 0xFF
    path.write_bytes(content)
    damaged = Journal(path)
    assert damaged.damaged == 1
    assert [b.sequence for b in damaged.replay()] == [1, 3]
    assert (tmp_path / "journal.damaged").read_bytes() == content


def test_a_file_that_is_no_journal_is_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b"something else entirely")
    journal = Journal(path)
    assert journal.replay() == []
    journal.append(FULL)
    assert Journal(path).replay() == [FULL]
    assert (tmp_path / "journal.damaged").read_bytes() == b"something else entirely"


def test_the_last_acknowledged_sequence_survives_a_torn_write(tmp_path: Path) -> None:
    path = tmp_path / "sequence"
    assert Acknowledged(path).read() == 0
    acknowledged = Acknowledged(path)
    for sequence in range(1, 12):
        acknowledged.write(sequence)
        assert Acknowledged(path).read() == sequence
    content = bytearray(path.read_bytes())
    content[12 * (11 % 2) + 3] ^= 1
    path.write_bytes(content)
    assert Acknowledged(path).read() == 10
    path.write_bytes(b"\0" * 5)
    assert Acknowledged(path).read() == 0


def test_forgetting_later_sequences(tmp_path: Path) -> None:
    acknowledged = Acknowledged(tmp_path / "sequence")
    acknowledged.write(9)
    acknowledged.reset(4)
    assert acknowledged.read() == 4
    acknowledged.reset(0)
    assert acknowledged.read() == 0
    acknowledged.write(1)
    assert acknowledged.read() == 1
