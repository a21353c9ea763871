"""A configuration that is looked at as text, for somebody elsewhere: nothing that it names is read.

Files of secrets, certificates and templates stay shut, the environment is not looked at, and `conf.d` is not
merged; what rests on a secret that would be fetched is not judged.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from slawatch.config.load import judged
from slawatch.config.model import Config
from slawatch.config.partial import BAD
from slawatch.config.problem import ConfigError, KeyPath, Problem
from slawatch.config.reading import Reader
from slawatch.config.secrets import FORMS
from slawatch.config.source import Document, read_text
from slawatch.core.instant import Instant
from slawatch.core.text import Secret

NAME: Final = "slawatch.toml"
"""What problems call the text."""
_ENVIRONMENT: Final = {"HOME": "/", "STATE_DIRECTORY": "/var/lib/slawatch"}


class Checked(NamedTuple):
    """What there is to say of a configuration.

    Attributes:
        problems: the mistakes.
        warnings: what is allowed but probably not meant.
        config: the configuration itself; None where it has a mistake, or was not read as a whole.
    """

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    config: Config | None = None


def check(load: Callable[[], Config]) -> Checked:
    """Return what loading a configuration comes to."""
    try:
        config = load()
    except ConfigError as error:
        return Checked(error.problems, error.warnings)
    return Checked((), config.warnings, config)


def check_text(text: bytes, now: Instant) -> Checked:
    """Return what there is to say of a configuration that stands in no file.

    Args:
        text: TOML.
        now: the present, for warnings of what is to come.
    """
    document = Document({}, [])
    try:
        document.add(read_text(Path(NAME), text))
    except ConfigError as error:
        return Checked(error.problems)
    _, problems, warnings = judged(_Unread(document, _ENVIRONMENT), now)
    return Checked(problems, warnings)


class _Unread(Reader):
    """Reads a document and nothing else."""

    reads_files = False

    def _secret(self, found: object, path: KeyPath) -> Any:
        if isinstance(found, str) and found:
            return Secret(found)
        if isinstance(found, dict) and len(found) == 1 and set(found) <= set(FORMS):
            (name,) = found.values()
            if isinstance(name, str) and name and "\0" not in name:
                return BAD
        return super()._secret(found, path)
