from slawatch.daemon.stats import Stats


def test_a_snapshot_does_not_change_with_its_counters() -> None:
    stats = Stats()
    stats.lateness[3] += 1
    taken = stats.snapshot()
    stats.started += 1
    stats.lateness[3] += 1
    assert (taken["started"], taken["lateness"][3]) == (0, 1)
    assert set(taken) == set(Stats.__slots__)
