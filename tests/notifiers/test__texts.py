"""Templates: ours for every kind of message, the user's in their place, ours again where they are broken."""

import dataclasses
from pathlib import Path

import pytest

from slawatch.core.instant import SECOND
from slawatch.core.notification import Kind, Link, Notification
from slawatch.notifiers import _texts
from slawatch.notifiers._texts import FOLDER, label, render, title

NAMES = sorted(path.name for path in FOLDER.iterdir())


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bare", [False, True])
def test_ours_work_for_every_message(notification: Notification, name: str, kind: Kind, bare: bool) -> None:
    one = dataclasses.replace(notification, kind=kind)
    if bare:
        one = Notification(kind=kind, idempotency_key="k", at=0, title="only a title")
    found = render(name, one)
    assert found.warnings == ()
    if name != "slack.txt":
        assert one.title in found.text
    assert "None" not in found.text


def test_a_text_says_what_there_is(notification: Notification) -> None:
    one = dataclasses.replace(notification, timezone="Europe/Berlin", entries=("a is down", "b is down"))
    assert render("text.txt", one).text == (
        "shop is down\n\nshop-home: connection refused\n\n- a is down\n- b is down\n\n"
        "Service:   shop (acme)\nSeverity:  critical\nSince:     2026-01-01 00:58:55 CET, for 1 min 5 s\n"
        "Incident:  7\n"
        "Why you:   level 0 of default\n\n"
        "Open: https://slawatch.example/incidents/7\nRunbook: https://wiki.example/shop\n\n"
        "Check: shop-home\nLatency: 1.2s"
    )


def test_the_end_says_how_long_it_took(notification: Notification) -> None:
    one = dataclasses.replace(notification, kind=Kind.RESOLVE)
    assert "lasted 1 min 5 s" in render("text.txt", one).text
    assert render("sms.txt", one).text == "[Resolved] shop is down after 1 min 5 s #7"
    assert "Lasted" in render("email.html", one).text


@pytest.mark.parametrize("severity", ["critical", "high", "medium", "low", "info"])
def test_news_are_labelled_with_their_severity(notification: Notification, severity: str) -> None:
    assert label(dataclasses.replace(notification, severity=severity)) == severity.upper()


def test_a_users_template_takes_the_place_of_ours(notification: Notification, folder: Path) -> None:
    (folder / "title.txt").write_text("{{ service }}: {{ title }} since {{ since | time('UTC') }}")
    found = title(notification, str(folder))
    assert found == ("shop: shop is down since 2025-12-31 23:58:55 UTC", ())
    assert render("text.txt", notification, str(folder)) == render("text.txt", notification)
    # Ours may be built upon, and see theirs.
    assert title(notification, str(folder), "subject.txt").text == found.text


def test_a_change_of_a_template_is_seen(notification: Notification, folder: Path) -> None:
    import os

    (folder / "title.txt").write_text("one")
    assert title(notification, str(folder)).text == "one"
    (folder / "title.txt").write_text("two")
    os.utime(folder / "title.txt", (1, 1))
    assert title(notification, str(folder)).text == "two"


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ titel }}", "line 1, cannot be used: 'titel' is undefined"),
        ("a\n{% if %}", "line 2"),
        ("{{ 1 / 0 }}", "division"),
        ("{% include 'nowhere.txt' %}", "nowhere.txt"),
        ("{{ title.__class__.__mro__ }}", "unsafe"),
        ("{{ details.update({}) }}", "unsafe"),
        ("{{ ''.__class__.__base__.__subclasses__() }}", "unsafe"),
        ("{% for i in range(1000000000) %}x{% endfor %}", "range"),
        ("   ", "gives no text"),
        ("{{ since | time('Mars/Olympus') }}", "Mars"),
    ],
)
def test_a_broken_template_is_replaced_by_ours_and_told(
    notification: Notification, folder: Path, template: str, says: str
) -> None:
    (folder / "title.txt").write_text(template)
    found = title(notification, str(folder))
    assert found.text == "[CRITICAL] shop is down"
    (warning,) = found.warnings
    assert says.lower() in warning.lower()
    assert str(folder / "title.txt") in warning
    assert warning.isprintable()


def test_a_template_that_cannot_be_read_is_replaced_too(notification: Notification, folder: Path) -> None:
    (folder / "title.txt").write_bytes(b"\xff\xfe\x00")
    assert title(notification, str(folder)).warnings
    (folder / "text.txt").mkdir()
    assert render("text.txt", notification, str(folder)).text.startswith("shop is down")


def test_if_ours_are_broken_too_there_is_still_a_text(
    notification: Notification, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(_texts, "FOLDER", tmp_path)
    _texts._environment.cache_clear()
    try:
        found = title(notification)
    finally:
        _texts._environment.cache_clear()
    assert found.text == "[CRITICAL] shop is down"
    assert found.warnings


def test_values_are_escaped_as_the_text_needs_it(notification: Notification) -> None:
    odd = "<b> & <!channel> \"q\" 'r'"
    one = dataclasses.replace(
        notification, title=odd, summary=odd, links=(Link("a", "https://x.example/|b c"),)
    )
    assert odd in render("text.txt", one).text
    assert "&lt;b&gt; &amp; &lt;!channel&gt;" in render("slack.txt", one).text
    assert "<https://x.example/%7Cbc|a>" in render("slack.txt", one).text
    assert "<b>" not in render("email.html", one).text


def test_only_the_web_is_linked(notification: Notification) -> None:
    links = (
        Link("js", "javascript:alert(1)"),
        Link("file", "file:///etc/passwd"),
        Link("ok", "http://h.example/"),
    )
    one = dataclasses.replace(notification, links=links)
    for name in ("text.txt", "slack.txt", "email.html"):
        found = render(name, one).text
        assert "javascript" not in found
        assert "/etc/passwd" not in found
        assert "http://h.example/" in found


def test_a_decision_before_the_trouble_lasts_no_time(notification: Notification) -> None:
    one = dataclasses.replace(notification, since=notification.at + 5 * SECOND, kind=Kind.RESOLVE)
    assert "lasted 0 s" in render("text.txt", one).text


def test_a_text_message_says_that_it_may_be_a_repeat(notification: Notification) -> None:
    again = dataclasses.replace(notification, details={"possible duplicate": "an attempt before this one"})
    assert render("sms.txt", again).text.endswith("#7 (maybe a repeat)")
    assert render("sms.txt", notification).text.endswith("#7")


def test_a_text_message_says_who_acknowledged(notification: Notification) -> None:
    one = dataclasses.replace(notification, kind=Kind.ACK, summary="Acknowledged by Bob\nIt goes on at 12:00")
    assert render("sms.txt", one).text == "[Acknowledged] shop is down - Acknowledged by Bob #7"


def test_slack_says_how_long_it_has_been(notification: Notification) -> None:
    assert "It began 1 min 5 s ago." in render("slack.txt", notification).text
    over = dataclasses.replace(notification, kind=Kind.RESOLVE)
    assert "It lasted 1 min 5 s." in render("slack.txt", over).text
    young = dataclasses.replace(notification, since=notification.at - 59 * SECOND)
    assert "ago" not in render("slack.txt", young).text


def test_our_own_templates_have_nothing_wrong_with_them() -> None:
    assert _texts.review(str(_texts.FOLDER)) == ()


def test_a_folder_is_looked_at_before_a_message_needs_it(folder: Path) -> None:
    (none,) = _texts.review(str(folder / "nowhere"))
    assert "there is no folder" in none
    (empty,) = _texts.review(str(folder))
    assert "none of email.html, slack.txt, sms.txt, subject.txt, text.txt, title.txt is in" in empty
    (folder / "title.txt").write_text("{{ title }}\n")
    assert _texts.review(str(folder)) == ()
    (folder / "text.txt").write_text("{% if kind == 'resolve' %}\n{{ tilte }}{% endif %}\n{{ title }}\n")
    (folder / "sms.txt").write_text("{% if %}")
    sms, text = _texts.review(str(folder))
    assert "sms.txt, line 1, cannot be used" in sms
    assert "text.txt, line 2, cannot be used: 'tilte' is undefined" in text


def test_what_only_some_messages_have_is_found_missing_before_they_come(folder: Path) -> None:
    (folder / "title.txt").write_text("{{ title }} since {{ since | time(timezone) }}")
    (wrong,) = _texts.review(str(folder))
    assert "title.txt" in wrong, "a message about slawatch itself has no beginning"
