"""The draft of a postmortem."""

import re

from tests.alerts import Play
from tests.web.playing import ask

from slawatch.answers import asking
from slawatch.answers.postmortem import plain
from slawatch.core.command import Ack, Assign, Resolve, Write
from slawatch.core.instant import MINUTE, SECOND


def test_it_is_drafted_from_the_record(play: Play) -> None:
    play.fire()
    play.give(Ack(by="person:alice", incident=1), after=MINUTE)
    play.give(Write(by="person:alice", incident=1, text="a|b <script>\n# not a heading"), after=MINUTE)
    play.give(Assign(by="person:alice", incident=1, to="person:carol", role="commander"))
    play.give(Resolve(by="person:alice", incident=1, note="disk replaced"), after=30 * SECOND)
    text = ask(play, lambda c, s: asking.draft(c, s, 1))
    lines = text.splitlines()
    assert lines[0] == "# Incident 1: shop-home is down"
    for wanted in (
        "| Severity | critical |",
        "| Opened | 2026-11-02 13:00:00 |",
        "| First told | 2026-11-02 13:00:00 (0 s after it was opened) |",
        "| Acknowledged | 2026-11-02 13:01:00 (1 min after it was opened) by alice |",
        "| Resolved | 2026-11-02 13:02:30 (2 min after it was opened) by alice |",
        "| Resolution | disk replaced |",
        "| Commander | carol |",
        "Times in Europe/Berlin.",
        r"- 2026-11-02 13:02:00, alice: a\|b \<script\> \# not a heading",
    ):
        assert wanted in lines, wanted
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == [
        "## Alerts", "## Impact", "## Cause", "## What went well", "## What went badly", "## Timeline",
        "## Who was told", "## Notes", "## Actions",
    ]  # fmt: skip
    assert all(len(re.findall(r"(?<!\\)\|", row)) == len(re.findall(r"(?<!\\)\|", head))
               for head, row in tables(lines))  # fmt: skip
    assert text.endswith("\n")


def tables(lines: list[str]) -> list[tuple[str, str]]:
    """Return every row with the head of its table."""
    found, head = [], ""
    for line in lines:
        if not line.startswith("|"):
            head = ""
        elif not head:
            head = line
        else:
            found.append((head, line))
    return found


def test_one_that_is_open_has_no_end(play: Play) -> None:
    play.fire()
    text = ask(play, lambda c, s: asking.draft(c, s, 1))
    assert "| Resolved |" not in text
    assert "| fires |" in text
    assert "## Notes" not in text


def test_markdown_is_shown_as_it_is() -> None:
    assert plain("*a* [b](c)\n`d`\x1b") == r"\*a\* \[b\](c) \`d\`"
