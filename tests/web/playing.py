"""The play of `tests.alerts` as the web sees it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from tests.alerts import NOW, Play

from slawatch.answers.asking import Seen, alone
from slawatch.core.channel import Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

State = Literal["ok", "failing", "open", "misconfigured", "disabled"]


def channel(state: State = "ok", why: str = "") -> Standing:
    """Return how a channel stands."""
    return Standing(state, NOW, why)


def ask(
    play: Play,
    question: "Callable[[duckdb.DuckDBPyConnection, Seen], Any]",
    channels: Mapping[str, Standing] | None = None,
) -> Any:
    """Return the answer to a question, of what is stored; the state must be that of the play."""
    with play.database.reading() as cursor:
        seen = alone(cursor, play.config, play.now)
        assert seen.state.incidents == play.state.incidents
        return question(cursor, seen._replace(channels=channels or {}))
