"""The answers about frozen reports are as the API's description says."""

from slawatch.web.openapi_reports import paths

from .conftest import Served, View
from .freezes import restated
from .test_openapi_schemas import validate
from .test_report_routes import NOVEMBER, URL, post
from .test_report_routes import two as two


async def test_every_answer_is_described(two: View, served: Served) -> None:
    validate("OverdueReports", (await served.public.get(f"{URL}/overdue")).json())
    validate("Freezing", (await post(served.control, URL, NOVEMBER)).json())
    restated(two.database, two.config, 1)
    listed = (await served.public.get(URL)).json()
    validate("FrozenReports", listed)
    for one in listed["reports"]:
        validate("FrozenReport", one)
    validate("FrozenReportWhole", (await served.public.get(f"{URL}/3")).json())
    validate("VerifiedReport", (await served.public.get(f"{URL}/3/verify")).json())
    validate("ReportKey", (await served.public.get(f"{URL}/key")).json())


def test_every_path_has_an_operation_with_a_name() -> None:
    names = [one["operationId"] for entry in paths().values() for name, one in entry.items()
             if name != "parameters"]  # fmt: skip
    assert len(names) == len(set(names)) == 9
