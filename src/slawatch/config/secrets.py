"""Secrets: written into the file, or better fetched from the environment, a file or a systemd credential."""

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from slawatch.core.text import Secret

_LARGEST: Final = 64 * 1024
FORMS: Final = ("env", "file", "credential")


class SecretError(ValueError):
    """A secret that cannot be had; the message never shows what stands in its place.

    Attributes:
        key: the key of the secret's table that the message is about; empty for the whole.
    """

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


def resolve(found: object, *, beside: Path, env: Mapping[str, str]) -> tuple[Secret, str]:
    """Return the secret that a TOML value names, and a warning or nothing.

    Args:
        found: text, or a table with one of `env`, `file`, `credential`.
        beside: the file it stands in: paths are relative to it.
        env: the environment.

    Raises:
        SecretError: it names none, or the one it names is not there.
    """
    if isinstance(found, str):
        if not found:
            raise SecretError("the secret is empty")
        return Secret(found, "the config file"), _if_shared(beside)
    if not isinstance(found, dict) or len(found) != 1 or not set(found) <= set(FORMS):
        raise SecretError('a secret is text, { env = "NAME" }, { file = "path" } or { credential = "name" }')
    ((form, name),) = found.items()
    if not isinstance(name, str) or not name or "\0" in name:
        raise SecretError("a name in quotes belongs here", form)
    if form == "env":
        value = env.get(name)
        if not value:
            state = "empty" if value == "" else "not set"
            raise SecretError(f"the environment variable {name} is {state}", form)
        return Secret(value, f"env {name}"), ""
    if form == "file":
        path = beside.absolute().parent / Path(name)
        return Secret(_content(path, form), f"file {path}"), _if_open(path)
    folder = env.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise SecretError(
            "$CREDENTIALS_DIRECTORY is not set: credentials come from systemd, with LoadCredential=", form
        )
    if "/" in name or name in (".", ".."):
        raise SecretError("the name of a credential has no slash", form)
    return Secret(_content(Path(folder) / name, form), f"credential {name}"), ""


def _content(path: Path, key: str) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SecretError(f"{path} is not a plain file", key)
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise SecretError(f"there is no file {path}", key) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "cannot be read"
        if isinstance(error, SecretError):
            raise
        raise SecretError(f"{path}: {reason.lower()}", key) from None
    if len(raw) > _LARGEST:
        raise SecretError(f"{path} is too large for a secret", key)
    try:
        value = raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise SecretError(f"{path} does not hold UTF-8 text", key) from None
    if not value:
        raise SecretError(f"{path} is empty", key)
    return value


def _if_open(path: Path) -> str:
    try:
        mode = path.stat().st_mode
    except OSError:
        return ""
    return f"everybody on this machine can read {path}: chmod o-r" if mode & stat.S_IROTH else ""


def _if_shared(config: Path) -> str:
    if not _if_open(config):
        return ""
    return f"a secret stands in {config}, which everybody can read: chmod o-r, or write {{ file = ... }}"
