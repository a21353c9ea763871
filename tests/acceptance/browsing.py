"""A real browser on the daemon's pages, and everything that the pages complained about."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = (Path(__file__).parents[1] / "data/axe/axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SERIOUS = {"serious", "critical"}
SOON = 5_000
"""A page is at most so many milliseconds behind what the API says."""
NEEDS_CHROMIUM = [
    pytest.mark.skipif(
        shutil.which("chromium") is None and "SLAWATCH_REQUIRE_SERVERS" not in os.environ,
        reason="chromium is not installed",
    ),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
_VIOLATIONS = """
document.addEventListener("securitypolicyviolation",
    event => console.error("CSP: " + event.violatedDirective + " " + event.blockedURI));
"""
_NO_PAGE = re.compile(
    r"^/(api|metrics|static|badges?|healthz|readyz)\b|\.(svg|atom|xml|json|csv|ics|html|pdf)$"
)


@contextmanager
def chromium() -> "Iterator[Browser]":
    """Start Debian's browser; nothing is downloaded."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield found
        found.close()


class Watched:
    """A page, and everything that it complained about.

    Attributes:
        complaints: errors and warnings of its console, breaches of its policy, exceptions of its scripts.
    """

    def __init__(self, browser: "Browser", base: str, **context: object) -> None:
        self.context = browser.new_context(base_url=base, **context)  # type: ignore[arg-type]
        self.context.add_init_script(_VIOLATIONS)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda m: self._heed(m.type, m.text))
        self.page.on("pageerror", lambda error: self._heed("error", str(error)))

    def _heed(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(f"{urlsplit(self.page.url).path}: {text}")

    def walk(self, *starts: str, most: int = 60) -> "Iterator[str]":
        """Yield every page that a reader gets to by links, each while it is shown, with its path.

        Of pages that differ in their query only, the first is shown.
        """
        origin = None
        waiting, seen = list(starts), {urlsplit(start).path for start in starts}
        while waiting:
            path = waiting.pop(0)
            answer = self.page.goto(path)
            assert answer is not None
            assert answer.status == 200, f"{path} answered {answer.status}"
            origin = origin or urlsplit(self.page.url).netloc
            yield path
            for link in self.page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)"):
                parts = urlsplit(link)
                if parts.netloc != origin or parts.path in seen or _NO_PAGE.search(parts.path):
                    continue
                seen.add(parts.path)
                waiting.append(f"{parts.path}?{parts.query}" if parts.query else parts.path)
            assert len(seen) <= most, f"more pages than foreseen: {sorted(seen)}"

    def serious(self) -> list[str]:
        """Return what axe-core finds serious on the page, one line each."""
        # A browser's own evaluation is not held back by the page's policy, which stays in force.
        self.page.evaluate(AXE + "; undefined")
        found: dict[str, Any] = self.page.evaluate(
            "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES
        )
        return [
            f"{one['impact']}: {one['id']}: {one['help']}: {node['target']} {node['failureSummary']}"
            for one in found["violations"]
            if one["impact"] in SERIOUS
            for node in one["nodes"]
        ]

    def close(self) -> None:
        self.context.close()
