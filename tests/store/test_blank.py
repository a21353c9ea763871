"""An empty store in memory."""

from slawatch.store import alert_history, alerting, duty, entries
from slawatch.store.blank import blank


def test_it_answers_every_question_with_nothing() -> None:
    with blank(0) as cursor:
        assert alerting.state(cursor).incidents == {}
        assert not any((alert_history.incidents(cursor), alert_history.violations(cursor)))
        assert not any((duty.silences(cursor), duty.overrides(cursor), entries.windows(cursor)))
