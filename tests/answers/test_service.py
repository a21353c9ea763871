"""What a service's page asks the store for."""

from dataclasses import replace

from tests.web.conftest import NOW, View

from slawatch.answers.service import detail
from slawatch.core.check import Maintenance
from slawatch.core.instant import DAY, MINUTE


def test_outages_failures_and_maintenance_of_thirty_days(view: View) -> None:
    def window(start: int) -> Maintenance:
        return Maintenance(services=("shop",), start=start, end=start + DAY)

    windows = (window(NOW - 60 * DAY), window(NOW - 5 * DAY), window(NOW + 5 * DAY))
    config = replace(view.config, maintenance=(*windows, replace(windows[1], services=("api",))))
    with view.database.reading() as cursor:
        found = detail(cursor, config, "shop", NOW)
    assert [m.start for m in found.maintenance] == [NOW + 5 * DAY, NOW - 5 * DAY]
    (outage,) = found.report.outages
    assert (outage.start, outage.ongoing, outage.reason) == (
        NOW - 2 * MINUTE, True, "connection refused",
    )  # fmt: skip
    assert list(found.failures) == ["shop-db"]
    assert found.failures["shop-db"].reason == "connection refused"
    assert found.failures["shop-db"].started_at == NOW - MINUTE // 2
