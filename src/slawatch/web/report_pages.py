"""The pages about reports: any period's to download, the frozen ones to verify, and the forms that freeze."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from slawatch.core.civil import local, month_start
from slawatch.core.instant import Instant, parse_rfc3339
from slawatch.web import rendering
from slawatch.web.access import Guarded, concern, principal_of, route, shown
from slawatch.web.current import Current, snapshot
from slawatch.web.feed import Feed
from slawatch.web.forms import form, number_of
from slawatch.web.page_incidents import open_count
from slawatch.web.problem import Problem
from slawatch.web.report_routes import ReportRoutes

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import duckdb

    from slawatch.core.agreement import Agreement
    from slawatch.core.period import Period
    from slawatch.store.frozen import Frozen

_LIMIT: Final = 30.0
_MONTHS: Final = 24
_SHOWN: Final = 25
_FIELDS: Final = ("period", "agreement", "reason")


class _Stored(NamedTuple):
    """What the store knows of reports."""

    first: str | None
    frozen: "list[Frozen]"
    missed: "list[tuple[Agreement, Period]]"


class ReportPages:
    """The endpoints that people open in a browser, and the forms on them, which work without script."""

    def __init__(self, current: Current, feed: Feed, reports: ReportRoutes) -> None:
        """Prepare.

        Args:
            current: what is true now.
            feed: the version that pages name.
            reports: freezes and verifies.
        """
        self._current = current
        self._view = current.view
        self._feed = feed
        self._reports = reports

    def routes(self) -> list[Guarded]:
        """Return where the pages are."""
        post = ("POST",)
        return [
            route("/reports", self.all, "read"),
            route("/reports/freeze", self.freeze, "report.freeze", methods=post),
            route("/reports/{number:int}", self.one, "read"),
            route("/reports/{number:int}/verify", self.verify, "read"),
            route("/reports/{number:int}/restate", self.restate, "report.restate", methods=post),
        ]

    async def all(self, request: Request) -> Response:
        """The reports that can be made, those that are frozen, and the periods without one."""
        return await self._all(request)

    async def _all(
        self, request: Request, refused: Problem | None = None, status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        from slawatch.web import page_overview, page_reports

        organization = request.query_params.get("org", "")
        if organization and organization not in self._view.config.organizations:
            raise Problem(HTTPStatus.NOT_FOUND, f"there is no organization {organization!r}")
        before = number_of(request, "before")
        config, _, now = snapshot(self._view)
        data_dir = config.data_dir

        def ask(cursor: "duckdb.DuckDBPyConnection") -> _Stored:
            from slawatch.answers.overdue import missed
            from slawatch.store import frozen
            from slawatch.store.summary import summary

            return _Stored(
                summary(cursor, data_dir)["first_sample"],
                frozen.listed(cursor, organization=organization or None, before=before, limit=_SHOWN + 1),
                missed(cursor, config, now),
            )

        stored = await self._current.readers.read(ask, limit=_LIMIT)
        first = parse_rfc3339(stored.first) if stored.first else now
        periods = _periods(first, now, config.timezone)
        chosen = _chosen(periods, request.query_params.get("period", ""), config.timezone)

        def arrange() -> dict[str, Any]:
            kind = next(name for name, group in periods.items() if chosen in group)
            return {
                "periods": periods, "chosen": chosen, "kind": kind, "zone": config.timezone,
                "rows": page_overview.reports(config, kind, chosen, now), "before": before,
                "organization": organization, "organizations": config.organizations, "refused": refused,
                "shown": page_reports.arrange(
                    config, stored.frozen, stored.missed, now, most=_SHOWN, organization=organization
                ),
            }  # fmt: skip

        return await self._page(request, "reports.html", arrange, now, status, path="/reports")

    async def one(self, request: Request) -> Response:
        """One frozen report: what it says, whose place it takes, and its files."""
        return await self._one(request)

    async def _one(
        self, request: Request, refused: Problem | None = None, status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        from slawatch.web import page_reports

        number: int = request.path_params["number"]
        found = await self._reports.found(number)
        config, _, now = snapshot(self._view)

        def arrange() -> dict[str, Any]:
            return {"shown": page_reports.one(config, found), "zone": config.timezone, "refused": refused}

        return await self._page(request, "report.html", arrange, now, status)

    async def verify(self, request: Request) -> Response:
        """What became of working a frozen report out again."""
        number: int = request.path_params["number"]
        result = await self._reports.verified(number)
        config, _, now = snapshot(self._view)
        return await self._page(
            request, "verified.html", lambda: {"result": result, "zone": config.timezone}, now
        )

    async def freeze(self, request: Request) -> Response:
        """Freeze what a form asks for."""
        wish = await self._wish(request)
        try:
            made, refused = await self._reports.freezing(wish)
        except Problem as problem:
            return await self._all(request, problem, problem.status)
        numbers = ",".join(str(one.number) for one in made)
        concern(request, f"report:{numbers}", signed=wish["person"])
        if refused:
            lines = [str(error) for _, error in refused]
            return await self._all(request, Problem(HTTPStatus.OK, f"frozen: {numbers}; not these", lines))
        return RedirectResponse(f"/reports/{made[0].number}", HTTPStatus.SEE_OTHER)

    async def restate(self, request: Request) -> Response:
        """Freeze a report in the place of another."""
        number: int = request.path_params["number"]
        wish = await self._wish(request)
        try:
            made = await self._reports.restating(number, wish)
        except Problem as problem:
            if problem.status is HTTPStatus.NOT_FOUND:
                raise
            return await self._one(request, problem, problem.status)
        concern(request, f"report:{made.number}", restates=number, signed=wish["person"])
        return RedirectResponse(f"/reports/{made.number}", HTTPStatus.SEE_OTHER)

    async def _wish(self, request: Request) -> dict[str, str]:
        """Return what a form asks for, signed with who sends it."""
        fields = await form(request)
        who = principal_of(request)
        given = {name: fields[name] for name in _FIELDS if fields.get(name, "").strip()}
        return {**given, "person": who.person or who.name, "source": "web"}

    async def _page(
        self,
        request: Request,
        template: str,
        arrange: "Callable[[], Mapping[str, Any]]",
        now: Instant,
        status: HTTPStatus = HTTPStatus.OK,
        path: str = "",
    ) -> Response:
        await self._feed.look()
        usual = {
            "now": now, "since": f"{self._feed.epoch}-{self._feed.version}", "stream": rendering.stream(),
            "path": path, "me": shown(request), "open_count": open_count(self._view.alerting()),
        }  # fmt: skip
        body = await self._current.render(lambda: rendering.page(template, **{**usual, **arrange()}))
        return rendering.response(body, status)


def _chosen(periods: Mapping[str, list[str]], wanted: str, zone: str) -> str:
    """Return the period that the address names, else the month that runs.

    Raises:
        Problem: there is no such period, or the page offers no report on it.
    """
    from slawatch.core.period import parse_period

    known = [label for group in periods.values() for label in group]
    if not wanted or wanted in known:
        return wanted or known[0]
    try:
        parse_period(wanted[:100], zone)
    except ValueError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, f"period: {error}") from None
    months = periods["month"]
    offered = months[0] if len(months) == 1 else f"{months[-1]} to {months[0]}"
    raise Problem(
        HTTPStatus.BAD_REQUEST,
        f"period: this page offers months, quarters and years of {offered}: "
        f"`slawatch report --period {wanted}` makes a report on any period",
    )


def _periods(first: Instant, now: Instant, zone: str) -> dict[str, list[str]]:
    """Return the months, quarters and years between two instants, the latest first.

    >>> _periods(0, 2_678_400_000_000, "UTC")
    {'month': ['1970-02', '1970-01'], 'quarter': ['1970-Q1'], 'year': ['1970']}
    """
    last, oldest = local(now, zone), local(first, zone)
    months: list[date] = []
    while len(months) < _MONTHS:
        month = month_start(last.year, last.month - len(months))
        if months and (month.year, month.month) < (oldest.year, oldest.month):
            break
        months.append(month)
    return {
        "month": [f"{m:%Y-%m}" for m in months],
        "quarter": list(dict.fromkeys(f"{m.year}-Q{(m.month + 2) // 3}" for m in months)),
        "year": list(dict.fromkeys(str(m.year) for m in months)),
    }
