"""Turns TOML values into typed ones, by the annotations of dataclasses, and collects every mistake."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import is_dataclass
from decimal import Decimal
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from slawatch.config.annotations import (
    Marker,
    accepts,
    choices,
    describe,
    holds_secret,
    keys,
    native,
    show,
    unwrap,
    word_for,
)
from slawatch.config.problem import KeyPath, Problem, clean, dotted, nearest, quoted
from slawatch.config.secrets import SecretError, resolve
from slawatch.config.source import Document
from slawatch.core.text import BesideConfig, FromText, Secret


class Bad:
    """Stands for a value that could not be read; its problem is told already."""


BAD: Final = Bad()


FAULTS: Final = (ValueError, TypeError, ArithmeticError, LookupError, re.error, RecursionError)
"""What a parser or a dataclass may raise about what somebody wrote."""


class Reader:
    """Reads one document.

    Attributes:
        document: where the values stand.
        env: the environment, for secrets.
        problems, warnings: what was found so far; a mistake in a default once for each check that it reaches.
    """

    def __init__(self, document: Document, env: Mapping[str, str]) -> None:
        self.document = document
        self.env = env
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def problem(self, path: KeyPath, message: str, *, expected: str = "", found: str = "") -> None:
        """Note a mistake."""
        self.problems.append(self._problem(path, message, expected, found))

    def warn(self, path: KeyPath, message: str) -> None:
        """Note what is allowed but probably not meant."""
        self.warnings.append(self._problem(path, message))

    def _problem(self, path: KeyPath, message: str, expected: str = "", found: str = "") -> Problem:
        file, line = self.document.place(path)
        return Problem(file, line, dotted(path), clean(expected), clean(found), clean(message))

    def table(self, kind: type, found: object, path: KeyPath, given: Mapping[str, Any] | None = None) -> Any:
        """Return an instance of a dataclass from a TOML table, or BAD.

        Args:
            kind: the dataclass.
            found: what stands in TOML.
            path: where.
            given: fields that the table does not hold, such as its own name.
        """
        given = given or {}
        if not isinstance(found, dict):
            self.wrong(path, "a table", found, hide=True)
            return BAD
        self.unknown(found, [name for name in keys(kind) if name not in given], path)
        values = self.fields(kind, found, path, given)
        if BAD in values.values():
            return BAD
        return self.build(kind, {**values, **given}, path)

    def fields(
        self,
        kind: type,
        found: Mapping[str, Any],
        path: KeyPath,
        given: Collection[str] = (),
        at: Callable[[str], KeyPath] | None = None,
    ) -> dict[str, Any]:
        """Return what a table holds, by key, each read or BAD; one that must be there and is not is BAD.

        Args:
            kind: the dataclass.
            found: the table.
            path: where it stands.
            given: fields that are not looked for.
            at: where a key stands, if not in this table.
        """
        values: dict[str, Any] = {}
        for name, key in keys(kind).items():
            if name in given:
                continue
            if name in found:
                values[name] = self.value(key.kind, found[name], at(name) if at else (*path, name))
            elif key.required:
                self.problem(path, f"the key {quoted(name)} is missing", expected=describe(key.kind))
                values[name] = BAD
        return values

    def build(
        self, kind: type, values: Mapping[str, Any], path: KeyPath, at: Callable[[str], KeyPath] | None = None
    ) -> Any:
        """Return the dataclass of these values, or BAD where it refuses them.

        A refusal that begins with the name of a key, or has one in backticks, is shown at that key.
        """
        known = keys(kind)
        named_as = {name: known[name].field if name in known else name for name in values}
        try:
            return kind(**{named_as[name]: value for name, value in values.items()})
        except FAULTS as error:
            message = str(error.args[0]) if error.args else type(error).__name__
            named = [*re.findall(r"\A[\w.]+", message), *re.findall(r"`([\w.]+)`", message)]
            for name in named:
                key, *inner = name.split(".")
                if key in values:
                    path = (*(at(key) if at else (*path, key)), *inner)
                    break
            self.problem(path, message)
            return BAD

    def unknown(self, found: Mapping[str, Any], known: Iterable[str], path: KeyPath) -> None:
        """Note every key that does not exist."""
        known = list(known)
        for key in found:
            if key in known:
                continue
            hint = nearest(key, known)
            if not hint and len(known) <= 12:
                hint = f"here belong {', '.join(sorted(known))}"
            self.problem((*path, key), f"unknown key {quoted(key)}" + (f": {hint}" if hint else ""))

    def wrong(
        self, path: KeyPath, expected: str, found: object, message: str = "", *, hide: bool = False
    ) -> None:
        """Note a value of the wrong kind or content."""
        shown = word_for(found) if hide else show(found)
        self.problem(path, message or f"{word_for(found)} cannot stand here", expected=expected, found=shown)

    def value(self, kind: Any, found: object, path: KeyPath) -> Any:
        """Return a value read as an annotation says, or BAD."""
        bare, marker = unwrap(kind)
        if marker is not None:
            return self._marked(marker, found, path)
        if bare is Secret:
            return self._secret(found, path)
        if isinstance(bare, UnionType) or get_origin(bare) is Union:
            return self._union(kind, get_args(bare), found, path)
        if get_origin(bare) is Literal:
            return self._literal(get_args(bare), found, path)
        if is_dataclass(bare) and isinstance(bare, type):
            return self.table(bare, found, path)
        if not accepts(kind, found):
            self.wrong(path, describe(kind), found, hide=holds_secret(kind))
            return BAD
        return self._plain(bare, found, path)

    def _plain(self, bare: Any, found: Any, path: KeyPath) -> Any:
        """Return a value that TOML has too: number, text, array, table."""
        origin = get_origin(bare) or bare
        if origin is float:
            return float(found)
        if origin is Decimal:
            return Decimal(found)
        if origin in (tuple, frozenset, set, list):
            inner = get_args(bare)[0] if get_args(bare) else Any
            values = [self.value(inner, element, (*path, number)) for number, element in enumerate(found)]
            return BAD if BAD in values else origin(values)
        if origin in (dict, Mapping):
            inner = get_args(bare)[1] if get_args(bare) else Any
            table = {key: self.value(inner, element, (*path, key)) for key, element in found.items()}
            return BAD if BAD in table.values() else table
        return native(found) if origin in (Any, object) else found

    def _marked(self, marker: Marker, found: object, path: KeyPath) -> Any:
        if isinstance(marker, BesideConfig):
            return self._file(marker, found, path)
        try:
            return marker.read(found)
        except FAULTS as error:
            if isinstance(marker, FromText) and not isinstance(found, str):
                self.wrong(path, marker.expected, found)
            else:
                self.wrong(path, marker.expected, found, str(error.args[0]) if error.args else "")
            return BAD

    def _file(self, marker: BesideConfig, found: object, path: KeyPath) -> str | Bad:
        if not isinstance(found, str) or not found or "\0" in found:
            self.wrong(path, marker.expected, found)
            return BAD
        source, _ = self.document.origin(path)
        return str(source.path.absolute().parent / found)

    def _literal(self, allowed: tuple[Any, ...], found: object, path: KeyPath) -> Any:
        for choice in allowed:
            if type(choice) is type(found) and choice == found:
                return choice
        expected = choices(allowed)
        hint = nearest(found, [str(choice) for choice in allowed]) if isinstance(found, str) else ""
        message = (
            ("there is no such choice" + (f": {hint}" if hint else "")) if isinstance(found, str) else ""
        )
        self.wrong(path, expected, found, message)
        return BAD

    def _union(self, kind: Any, branches: tuple[Any, ...], found: object, path: KeyPath) -> Any:
        """Return what the first fitting branch reads; where none fits, tell what all of them would take."""
        fitting = [branch for branch in branches if accepts(branch, found)]
        if len(fitting) == 1:
            return self.value(fitting[0], found, path)
        told = len(self.problems)
        for branch in fitting:
            value = self.value(branch, found, path)
            if value is not BAD:
                del self.problems[told:]
                return value
        del self.problems[told:]
        self.wrong(path, describe(kind), found, hide=holds_secret(kind))
        return BAD

    def _secret(self, found: object, path: KeyPath) -> Any:
        source, _ = self.document.origin(path)
        try:
            secret, warning = resolve(found, beside=source.path, env=self.env)
        except SecretError as error:
            self.problem((*path, error.key) if error.key else path, str(error))
            return BAD
        if warning:
            self.warn(path, warning)
        return secret
