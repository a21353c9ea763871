"""TOML in, `Config` or `ConfigError` out: nothing else, whatever the bytes."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from slawatch.config.locate import find
from slawatch.config.model import Config
from slawatch.config.problem import ConfigError, Problem
from slawatch.config.reading import Reader
from slawatch.config.review import review
from slawatch.config.sections import Assembly
from slawatch.config.source import Document, read_document
from slawatch.core.instant import Instant
from slawatch.core.text import Secret

__all__ = ["Config", "ConfigError", "Problem", "digest", "find", "load"]


def load(path: Path | None = None, *, env: Mapping[str, str], now: Instant | None = None) -> Config:
    """Return the configuration, checked, with all defaults filled in and all secrets fetched.

    Args:
        path: the file; None looks where `find` looks.
        env: the environment: where to look, and secrets.
        now: the present, for warnings of what is to come, such as a gap in a schedule; None: there are none.

    Raises:
        ConfigError: every mistake there is, in the order of the files.
    """
    config, problems, warnings = judged(Reader(read_document(find(path, env)), env), now)
    if problems:
        raise ConfigError(problems, warnings)
    return replace(config, digest=digest(config), warnings=warnings)


def judged(reader: Reader, now: Instant | None) -> tuple[Config, tuple[Problem, ...], tuple[Problem, ...]]:
    """Return what could be read of a document, its mistakes and its warnings, in the order of the files.

    Args:
        reader: of the document, which has read nothing yet.
        now: the present, for warnings of what is to come.
    """
    reader.problems += reader.document.problems
    config = Assembly(reader).config()
    review(reader, config, now)
    in_order = _in_order(reader.document)
    problems = sorted(dict.fromkeys(reader.problems), key=in_order)
    return config, tuple(problems), tuple(sorted(reader.warnings, key=in_order))


def _in_order(document: Document) -> Callable[[Problem], tuple[int, int]]:
    files = {str(source.path): number for number, source in enumerate(document.sources)}
    return lambda problem: (files.get(problem.file, 0), problem.line)


def digest(config: Config) -> str:
    """Return the SHA-256 of what a configuration means: not of comments, order, files or secrets."""
    meaning = {
        field.name: _canonical(getattr(config, field.name))
        for field in fields(config)
        if field.name not in ("path", "files", "digest", "warnings")
    }
    return hashlib.sha256(json.dumps(meaning, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if value is None or type(value) in (str, int, float, bool):
        return value
    if isinstance(value, Secret):
        return {"secret": value.source}
    if is_dataclass(value):
        return {field.name: _canonical(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): _canonical(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_canonical(inner) for inner in value]
    if isinstance(value, frozenset | set):
        return sorted((_canonical(inner) for inner in value), key=str)
    if isinstance(value, re.Pattern):
        return {"pattern": value.pattern, "flags": value.flags}
    return str(value)
