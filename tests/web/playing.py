"""The play of `tests.alerts` as the web sees it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.alerts import Play

from slawatch.core.instant import Instant
from slawatch.web.asking import Seen, alone

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb


class Channel(NamedTuple):
    """How a channel stands."""

    state: str = "ok"
    since: Instant | None = None
    why: str = ""
    queued: int = 0
    dead: int = 0


def ask(
    play: Play,
    question: "Callable[[duckdb.DuckDBPyConnection, Seen], Any]",
    channels: Mapping[str, Channel] | None = None,
) -> Any:
    """Return the answer to a question, of what is stored; the state must be that of the play."""
    with play.database.reading() as cursor:
        seen = alone(cursor, play.config, play.now)
        assert seen.state.incidents == play.state.incidents
        return question(cursor, seen._replace(channels=channels or {}))
