"""How many reports are overdue, for `/metrics`: counted once a minute."""

from pathlib import Path

from tests.web.conftest import TOML, Served, View
from tests.web.freezes import AFTER, frozen, later, two_agreements
from tests.web.prometheus import parse

from slawatch.answers.overdue import Overdue
from slawatch.core.instant import MINUTE


def test_the_store_is_asked_once_a_minute_and_when_the_configuration_changed(
    view: View, tmp_path: Path
) -> None:
    config, overdue = two_agreements(tmp_path), Overdue()
    with view.database.reading() as cursor:
        assert overdue.counts(cursor, config, AFTER) == {"acme": 1, "other": 1}
        frozen(view.database, config)
        assert overdue.counts(cursor, config, AFTER + MINUTE - 1) == {"acme": 1, "other": 1}
        assert overdue.counts(cursor, config, AFTER + MINUTE) == {"acme": 0, "other": 1}
        frozen(view.database, config, "silver")
        fewer = two_agreements(tmp_path, "")
        assert overdue.counts(cursor, fewer, AFTER + MINUTE) == {"acme": 0}
        none = two_agreements(tmp_path, "", TOML.partition("[agreements.gold]")[0])
        assert overdue.counts(cursor, none, AFTER) == {}


async def test_it_is_a_gauge(view: View, served: Served) -> None:
    later(view)
    found = parse((await served.public.get("/metrics")).text)
    family = found["slawatch_reports_overdue"]
    assert family.samples == {("slawatch_reports_overdue", (("organization", "acme"),)): 1}
