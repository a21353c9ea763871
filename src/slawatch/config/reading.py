"""Turns TOML values into typed ones, by the annotations of dataclasses, and collects every mistake."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import is_dataclass
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from slawatch.config.advice import advice
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
from slawatch.config.attributes import described
from slawatch.config.completing import FAULTS, refusals
from slawatch.config.partial import BAD, HOLE, Bad, Flawed, nothing_of, partial, unflawed, whole
from slawatch.config.problem import KeyPath, Problem, clean, closest, dotted, nearest, quoted
from slawatch.config.secrets import SecretError, resolve
from slawatch.config.source import Document
from slawatch.core.text import BesideConfig, FromText, FromValue, Secret
from slawatch.store.patience import go_on

MANY: Final = 12
"""So many keys are not listed for somebody who wrote another."""

SLIP: Final = 0.8
"""From this likeness on an unknown key is taken for the one that was meant."""


class Reader:
    """Reads one document.

    Attributes:
        document: where the values stand.
        env: the environment, for secrets.
        problems, warnings: what was found so far; a mistake in a default once for each check that it reaches.
        reads_files: whether files that are named in it may be looked at.
    """

    reads_files = True

    def __init__(self, document: Document, env: Mapping[str, str]) -> None:
        self.document = document
        self.env = env
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.slips: dict[KeyPath, KeyPath] = {}
        self.strange: set[KeyPath] = set()
        self.unsure: set[str] = set()

    def problem(self, path: KeyPath, message: str, *, expected: str = "", found: str = "") -> None:
        """Note a mistake."""
        go_on()
        self.problems.append(self._problem(path, message, expected, found))

    def warn(self, path: KeyPath, message: str) -> None:
        """Note what is allowed but probably not meant."""
        self.warnings.append(self._problem(path, message))

    def _problem(self, path: KeyPath, message: str, expected: str = "", found: str = "") -> Problem:
        if self.slips:
            path = self._as_written(path)
        file, line = self.document.place(path)
        return Problem(file, line, dotted(path), clean(expected), clean(found), clean(message))

    def _as_written(self, path: KeyPath) -> KeyPath:
        for length in range(len(path), 0, -1):
            if (written := self.slips.get(path[:length])) is not None:
                return (*self._as_written(written), *path[length:])
        return path

    def table(self, kind: type, found: object, path: KeyPath, given: Mapping[str, Any] | None = None) -> Any:
        """Return an instance of a dataclass from a TOML table; Flawed with mistakes in it, BAD if it is none.

        Args:
            kind: the dataclass.
            found: what stands in TOML.
            path: where.
            given: fields that the table does not hold, such as its own name.
        """
        given = given or {}
        if found is BAD:
            return BAD
        if not isinstance(found, dict):
            self.wrong(path, "a table", found, advice(kind, found), hide=True)
            return BAD
        found = self.known(found, [name for name in keys(kind) if name not in given], path)
        values = self.fields(kind, found, path, given)
        return self.build(kind, {**values, **given}, path)

    def some(self, kind: type, found: object, path: KeyPath, given: Mapping[str, Any] | None = None) -> Any:
        """Return what could be read of a table, with holes where it has mistakes."""
        value = self.table(kind, found, path, given)
        return nothing_of(kind, **(given or {})) if value is BAD else unflawed(value)

    def fields(
        self,
        kind: type,
        found: Mapping[str, Any],
        path: KeyPath,
        given: Collection[str] = (),
        at: Callable[[str], KeyPath] | None = None,
    ) -> dict[str, Any]:
        """Return what a table holds, by key, each read, Flawed or BAD; what is missing and needed is BAD.

        Args:
            kind: the dataclass.
            found: the table; its unknown keys are told already.
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
                expected = describe(key.kind)
                if meaning := described(kind).fields.get(key.field):
                    expected += f": {re.split('[;:.(]', meaning)[0].strip()}"
                self.problem(path, f"the key {quoted(name)} is missing", expected=expected)
                values[name] = BAD
        return values

    def build(
        self, kind: type, values: Mapping[str, Any], path: KeyPath, at: Callable[[str], KeyPath] | None = None
    ) -> Any:
        """Return the dataclass of these values, Flawed where some could not be read or it refuses them.

        A refusal that begins with the name of a key, or has one in backticks, is shown at that key.
        """
        unread = {name for name, value in values.items() if value is BAD}
        read = {name: unflawed(value) for name, value in values.items() if value is not BAD}
        if whole(values.values()):
            known = keys(kind)
            try:
                return kind(**{known[name].field if name in known else name: v for name, v in read.items()})
            except FAULTS:
                pass
        for found in refusals(kind, read, unread):
            # What a key that nobody understands was to say may be what the others seem to lack.
            if path not in self.strange or values.keys() & found.keys:
                where = _named(found.message, values, path, at)
                self.problem(
                    where, re.sub(rf"\A`?({found.about}|{re.escape(str(where[-1]))})`?: ", "", found.message)
                )
            unread |= {found.about} & values.keys()
        return Flawed(partial(kind, {k: v for k, v in read.items() if k not in unread}, unread))

    def known(self, found: Mapping[str, Any], known: Iterable[str], path: KeyPath) -> dict[str, Any]:
        """Note every key that does not exist, and return the table with those that do.

        One that is much like a key that is not there is read as that; of one that is less like it, nothing.
        """
        known = list(known)
        meaning: dict[str, Any] = {}
        for key in found:
            if key in known:
                meaning[key] = found[key]
                continue
            if found[key] is BAD:
                continue
            meant = closest(key, known)
            hint = f"did you mean {quoted(meant)}?" if meant is not None else ""
            if not hint:
                many = len(known) > MANY
                hint = (
                    "`slawatch config schema` prints all there are"
                    if many
                    else f"here belong {', '.join(sorted(known))}"
                )
            self.problem((*path, key), f"unknown key {quoted(key)}: {hint}")
            if meant is None:
                self.strange.add(path)
            if meant is not None and meant not in found and meant not in meaning:
                self.slips[(*path, meant)] = (*path, key)
                meaning[meant] = BAD if closest(key, [meant], SLIP) is None else found[key]
        return meaning

    def wrong(
        self, path: KeyPath, expected: str, found: object, message: str = "", *, hide: bool = False
    ) -> None:
        """Note a value of the wrong kind or content."""
        shown = word_for(found) if hide else show(found)
        self.problem(path, message or f"{word_for(found)} cannot stand here", expected=expected, found=shown)

    def value(self, kind: Any, found: object, path: KeyPath) -> Any:
        """Return a value read as an annotation says, Flawed or BAD."""
        if found is BAD:
            return BAD
        bare, marker = unwrap(kind)
        if marker is not None:
            return self._marked(kind, marker, found, path)
        if bare is Secret:
            return self._secret(found, path)
        if isinstance(bare, UnionType) or get_origin(bare) is Union:
            return self._union(kind, get_args(bare), found, path)
        if get_origin(bare) is Literal:
            return self._literal(get_args(bare), found, path)
        if is_dataclass(bare) and isinstance(bare, type):
            return self.table(bare, found, path)
        if not accepts(kind, found):
            self.wrong(path, describe(kind), found, advice(kind, found), hide=holds_secret(kind))
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
            if whole(values):
                return origin(values)
            return Flawed(origin(HOLE if value is BAD else unflawed(value) for value in values))
        if origin in (dict, Mapping):
            inner = get_args(bare)[1] if get_args(bare) else Any
            table = {key: self.value(inner, element, (*path, key)) for key, element in found.items()}
            if whole(table.values()):
                return table
            return Flawed({key: HOLE if v is BAD else unflawed(v) for key, v in table.items()})
        if origin in (Any, object):
            return BAD if _holds_bad(found) else native(found)
        return found

    def _marked(self, kind: Any, marker: Marker, found: object, path: KeyPath) -> Any:
        if _holds_bad(found):
            return BAD
        if isinstance(marker, BesideConfig):
            return self._file(marker, found, path)
        try:
            return marker.read(found)
        except FAULTS as error:
            several = _by_entry(marker, found)
            for key, message in several:
                self.problem((*path, key), message)
            if several:
                return BAD
            if isinstance(marker, FromText) and not isinstance(found, str):
                self.wrong(path, marker.expected, found, advice(kind, found))
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
        self.wrong(path, choices(allowed), found, _no_choice(allowed, found))
        return BAD

    def _union(self, kind: Any, branches: tuple[Any, ...], found: object, path: KeyPath) -> Any:
        """Return what the first fitting branch reads; where none fits, tell what all of them would take."""
        fitting = [branch for branch in branches if accepts(branch, found)]
        literals = [
            choice for branch in branches if get_origin(branch) is Literal for choice in get_args(branch)
        ]
        if len(fitting) == 1 and get_origin(fitting[0]) is not Literal:
            return self.value(fitting[0], found, path)
        told = len(self.problems)
        for branch in fitting:
            value = self.value(branch, found, path)
            if whole([value]):
                del self.problems[told:]
                return value
        del self.problems[told:]
        message = _no_choice(tuple(literals), found) if literals else ""
        if not message and not fitting:
            meant = [branch for branch in branches if branch is not NoneType]
            message = advice(meant[0], found) if len(meant) == 1 else ""
        self.wrong(path, describe(kind), found, message, hide=holds_secret(kind))
        return BAD

    def _secret(self, found: object, path: KeyPath) -> Any:
        if _holds_bad(found):
            return BAD
        source, _ = self.document.origin(path)
        try:
            secret, warning = resolve(found, beside=source.path, env=self.env)
        except SecretError as error:
            self.problem((*path, error.key) if error.key else path, str(error))
            return BAD
        if warning:
            self.warn(path, warning)
        return secret


def _named(
    message: str, values: Mapping[str, Any], path: KeyPath, at: Callable[[str], KeyPath] | None
) -> KeyPath:
    """Return where the key stands that a refusal is about, as far as it names one."""
    for name in [*re.findall(r"\A[\w.]+", message), *re.findall(r"`([\w.]+)`", message)]:
        key, *inner = name.split(".")
        if key in values:
            return (*(at(key) if at else (*path, key)), *inner)
    return path


def _no_choice(allowed: tuple[Any, ...], found: object) -> str:
    """Return what to say of a value that is none of those allowed."""
    if isinstance(found, str):
        if _WHOLE.fullmatch(found) and int(found) in allowed:
            return f"a number stands without quotes: {found}"
        hint = nearest(found, [str(choice) for choice in allowed])
        return "there is no such choice" + (f": {hint}" if hint else "")
    if found is False and "off" in allowed:
        return 'write "off"'
    known = isinstance(found, int | Decimal) and str(found) in allowed
    return f'text stands in quotes: "{found}"' if known else ""


_WHOLE: Final = re.compile(r"\d{1,9}", re.ASCII)


def _by_entry(marker: FromText | FromValue, found: object) -> list[tuple[str, str]]:
    """Return the entries of a table that cannot be read alone either, with why; of a single one, nothing."""
    faults = []
    for key, value in found.items() if isinstance(found, dict) and len(found) > 1 else ():
        try:
            marker.read({key: value})
        except FAULTS as error:
            faults.append((key, str(error.args[0]) if error.args else "this cannot stand here"))
    return faults


def _holds_bad(found: object) -> bool:
    """Say whether something that is not TOML stands in a value."""
    if isinstance(found, dict):
        return any(map(_holds_bad, found.values()))
    return found is BAD or (isinstance(found, list) and any(map(_holds_bad, found)))
