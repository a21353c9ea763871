"""A strict reader of Prometheus' text format: what its parser or `promtool` would refuse is an error."""

import re
from dataclasses import dataclass, field

Key = tuple[str, tuple[tuple[str, str], ...]]

_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)", re.DOTALL)
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
_ESCAPE = re.compile(r'\\([\\"n])')


@dataclass
class Read:
    kind: str = ""
    help: str = ""
    samples: dict[Key, float] = field(default_factory=dict)


def parse(text: str) -> dict[str, Read]:
    """Return the families by name."""
    assert text.endswith("\n")
    found: dict[str, Read] = {}
    current = ""
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            _, _, name, said = line.split(" ", 3)
            assert name not in found, f"{name} comes twice"
            assert said
            found[name] = Read(help=_unescaped(said))
            current = name
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == current
            assert not found[name].samples
            assert kind in {"counter", "gauge", "histogram"}
            assert (kind == "counter") == name.endswith("_total")
            found[name].kind = kind
        else:
            _read_sample(line, current, found[current])
    for name, family in found.items():
        assert family.samples, f"{name} has no samples"
        if family.kind == "histogram":
            _check_histogram(name, family)
    return found


def _read_sample(line: str, family: str, into: Read) -> None:
    match = _SAMPLE.fullmatch(line)
    assert match, line
    name, inside, value = match.groups()
    suffixes = {"_bucket", "_sum", "_count"} if into.kind == "histogram" else {""}
    assert name.removeprefix(family) in suffixes, f"{name} in {family}"
    pairs = _labels(inside) if inside is not None else ()
    key = (name, tuple(sorted(pairs)))
    assert key not in into.samples, f"{line} comes twice"
    into.samples[key] = float(value)


def _labels(text: str) -> list[tuple[str, str]]:
    pairs, at = [], 0
    while at < len(text):
        match = _LABEL.match(text, at)
        assert match, text
        assert match[2], f"{match[1]} is empty"
        pairs.append((match[1], _unescaped(match[2])))
        at = match.end()
    assert len({name for name, _ in pairs}) == len(pairs)
    return pairs


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: {"n": "\n"}.get(found[1], found[1]), text)


def _check_histogram(name: str, family: Read) -> None:
    series: dict[tuple[tuple[str, str], ...], list[tuple[float, float]]] = {}
    for (sample, pairs), value in family.samples.items():
        if sample == f"{name}_bucket":
            rest = tuple(pair for pair in pairs if pair[0] != "le")
            series.setdefault(rest, []).append((float(dict(pairs)["le"]), value))
    assert series
    for rest, buckets in series.items():
        assert buckets == sorted(buckets), "bounds and counts grow together"
        assert [count for _, count in buckets] == sorted(count for _, count in buckets)
        assert buckets[-1][0] == float("inf")
        assert family.samples[f"{name}_count", rest] == buckets[-1][1]
        assert (f"{name}_sum", rest) in family.samples
