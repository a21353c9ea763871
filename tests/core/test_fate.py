"""What became of a message, in words: nothing that the rules say is without any."""

from slawatch.core.fate import KINDS, STAGES, VERDICTS, WHY, answered, because
from slawatch.core.notification import Kind, Verdict
from slawatch.core.outbox import Stage


def test_every_code_has_words() -> None:
    assert set(STAGES) == set(Stage)
    assert set(VERDICTS) == set(Verdict)
    assert set(KINDS) == set(Kind)
    assert {"permanent", "disable", "misconfigured"} < set(WHY) & {str(one) for one in Verdict} | set(WHY)
    for words in (STAGES, WHY, VERDICTS, KINDS):
        assert all(text and "_" not in text for text in words.values())


def test_why_somebody_is_told() -> None:
    assert because("acked", "acknowledged by ann", None, None) == "acknowledged by ann"
    assert because("resolved", "", None, None) == "it is over"
    assert because("late", "", 0, 0) == "level 0 is told"
    assert because("", "", None, None) == ""


def test_what_a_provider_said() -> None:
    assert answered(404, "") == "404"
    assert answered(200, "200 ok") == "200 ok"
    assert answered(None, "") == ""
