from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slawatch.core.attempt import Attempt
from slawatch.core.event import Event, Numbered
from slawatch.core.life import KINDS, LifeEvent
from slawatch.core.sample import Sample, Transition
from slawatch.store.batch import Batch
from slawatch.store.journal import Journal

numbers = st.integers(0, 2**31)
instants = st.integers(-(2**62), 2**62)
lengths = st.none() | instants
samples = st.builds(
    Sample,
    numbers, instants, instants, st.integers(0, 3), st.integers(0, 14),
    lengths, lengths, lengths, lengths, lengths, lengths, instants, st.integers(0, 9),
    st.none() | st.text(), st.none() | st.text(),
    st.lists(st.tuples(st.text(), st.floats(allow_nan=False), st.text()), max_size=2).map(tuple),
)  # fmt: skip
batches = st.builds(
    Batch,
    numbers,
    st.lists(samples, max_size=3),
    st.lists(st.tuples(numbers, st.builds(Transition, instants, st.integers(0, 3), lengths)), max_size=3),
    st.lists(st.builds(LifeEvent, instants, st.sampled_from(KINDS), st.text()), max_size=2),
    st.lists(st.tuples(numbers, instants), max_size=2),
    st.lists(st.tuples(numbers, instants), max_size=2),
    st.just(()),
    st.lists(
        st.builds(
            Numbered, numbers,
            st.builds(
                Event, instants, st.text(), st.just("incident:7"), st.text(), st.text(), st.text(),
                st.lists(st.tuples(st.just("title"), st.text()), max_size=1).map(tuple), st.booleans(),
            ),
            numbers,
        ),
        max_size=2,
    ).map(tuple),
    st.lists(
        st.builds(
            Attempt, st.text(), numbers, numbers, st.text(), st.text(), st.text(), instants, instants,
            st.text(),
            st.none() | numbers, st.text(), st.text(), st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=batches)
def test_any_batch_comes_back_from_the_journal_as_it_was(tmp_path: Path, batch: Batch) -> None:
    path = tmp_path / "journal"
    path.unlink(missing_ok=True)
    journal = Journal(path)
    journal.append(batch)
    journal.close()
    assert Journal(path).replay() == [batch]


def test_a_batch_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Batch(1).sequence = 2  # type: ignore[misc]
