"""People, teams, channels and targets by the names that they are known by, as pages show them."""

from slawatch.config.model import Config
from slawatch.core.directory import Directory, readable


class Names:
    """Turns `person:alice` into the name that people know her by."""

    def __init__(self, config: Config) -> None:
        self._directory = Directory(people=config.people, teams=config.teams)
        self._config = config

    def text(self, text: str) -> str:
        """Return a text in which people and teams have their names."""
        return readable(text, self._directory)

    def one(self, key: str) -> str:
        """Return who or what one key means: `person:alice`, `channel:ops`, `alice`; empty for nobody."""
        kind, colon, name = key.partition(":")
        if not colon:
            known = self._config.people.get(key)
            return known.shown if known is not None else key
        if kind == "schedule" and name in self._config.schedules:
            return f"on call: {self._config.schedules[name].name or name}"
        if kind == "channel":
            return name
        return self.text(key)

    def organization(self, key: str) -> str:
        """Return an organisation's name; empty for none."""
        known = self._config.organizations.get(key)
        return known.name if known is not None else key
