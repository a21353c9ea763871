"""Writes the reference pages from the program itself: `python docs/reference/generate.py`."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from slawatch import checks, notifiers
from slawatch.cli.main import COMMANDS, build
from slawatch.config import preset
from slawatch.config.annotations import keys
from slawatch.config.attributes import described
from slawatch.config.load import load
from slawatch.config.schema import schema
from slawatch.core.access import ACTIONS, ROLES, WHOLE, allowed
from slawatch.core.agreement import Agreement
from slawatch.core.channel import Channel
from slawatch.core.check import Check
from slawatch.core.credit import Tier, tiers
from slawatch.core.metric import CATALOGUE
from slawatch.report.judged import credit_words

HERE = Path(__file__).parent
NOTE = "<!-- made by docs/reference/generate.py; change the docstrings instead -->\n"

HEAD = '[organizations.o]\n[checks.c]\nservice = "s"\ntype = "tcp"\naddress = "h:1"\n'

PRESETS = """\
`preset = "..."` in an agreement fills in what a provider's text says; every key that is written beside it
goes before. A text is of its date: compare it with the one that your contract names. `slawatch report` lists
all terms that were applied.
"""

CONFIGURATION = """\
The file is looked for in this order: `--config`, `$SLAWATCH_CONFIG`, `./slawatch.toml`,
`$XDG_CONFIG_HOME/slawatch/slawatch.toml`, `/etc/slawatch/slawatch.toml`. `conf.d/*.toml` beside it is merged.
`slawatch config schema` prints the JSON Schema for editors, `slawatch check-config` shows every mistake at
once.

A **duration** is a text such as `"30s"`, `"5m"`, `"1h30m"` or `"250ms"`. A **secret** is a text, or
`{ env = "NAME" }`, `{ file = "path" }` or `{ credential = "name" }` (systemd); it is never printed, logged or
stored.
"""


METRICS = """\
Every metric can stand in [`[[rules]]`](configuration.md#rules) and be asked for with
`slawatch metrics query`. A metric has no value where nothing was seen: the key `missing` of a rule says what
that means.

Thresholds are written in the unit of the metric: a length of time as `> 500ms`, a share as `< 99.9%`,
anything else as a plain number. `latency_p97.5` and the like take any percentile, of every metric that has
percentiles here. Percentiles are exact (`quantile_disc`), over all probes of a service pooled.

What is made of time (`availability`, `downtime` and their like) is worked out from the changes of the checks,
so a window of 30 days costs no more than one of 5 minutes. What is made of samples is read anew at each
evaluation for windows below an hour; over longer ones a value is at most a hundredth of its window old.
"""

ACCESS = """\
Users, tokens, and the groups of a provider or proxy have a **role** and see **all organisations or some**.
Who sees some is shown nothing of any other: their services, incidents, reports, series and ids are as if
they were not there. What is marked "all organisations" is about the installation as a whole, and only for
who sees all.

The unix socket is the owner's: whoever may open it may do everything. Where nobody needs to sign in, who
comes by way of loopback has the role `[web] local`. Every change and every refusal is in `slawatch audit
list` under the name of its action; besides these there are `session.start` (signing in) and `many`, a count
of refusals to one place, or to one user or token, that were too many to be written down one by one.

What a user of `[users]` does is signed with `person`, where the entry has one, else with their name; what
others do with a name that no user or person can have: `token:NAME`, `proxy:NAME`, `oidc:NAME`, and `local`
for who comes by way of loopback where nobody signs in. On the unix socket the name is what the caller says.
Who sees some organisations cannot choose the id of something new.
"""

ABOUT = {
    "service": "Of services and checks",
    "measures": "Of the numbers that probes bring along",
    "agreement": "Of agreements",
    "slawatch": "Of slawatch itself",
}
UNITS = {"s": "time", "%": "percent", "": "number", "any": "as the probe says"}
OVER = {"window": "window", "now": "now", "period": "the running period"}


def pages() -> dict[str, str]:
    """Return the text of each generated page by its file name."""
    return {
        "configuration.md": configuration(),
        "checks.md": check_types(),
        "channels.md": channel_types(),
        "commands.md": commands(),
        "metrics.md": metrics(),
        "presets.md": presets(),
        "access.md": access(),
    }


def access() -> str:
    """Return the page of what each role may do."""
    lines = [
        "# Access",
        NOTE.replace("the docstrings", "`core/access.py`"),
        *ACCESS.splitlines(), "",
        f"| action | {' | '.join(ROLES)} | |",
        f"|---|{'---|' * len(ROLES)}---|",
    ]  # fmt: skip
    for action in ACTIONS:
        marks = " | ".join("yes" if allowed(role, action) else "" for role in ROLES)
        lines.append(f"| `{action}` | {marks} | {'all organisations' if action in WHOLE else ''} |")
    return "\n".join(lines) + "\n"


def presets() -> str:
    """Return the page of the published terms that agreements can start from."""
    lines = [
        "# Presets",
        NOTE.replace("docstrings", "files under `config/presets/`"),
        *PRESETS.splitlines(),
        "",
    ]
    for name in preset.names():
        found = preset.load(name)
        terms = found.terms
        promised = ", ".join(f"{o['metric']} {o['target']} %" for o in terms["objectives"])
        claims = terms.get("claim_window") or (
            f"until the end of {terms['claim_periods']} following {terms['period']}s"
            if "claim_periods" in terms
            else "not stated"
        )
        lines += [
            f"## {name}", "", f"{found.title}, {found.date or found.undated}: <{found.url}>.", "",
            f"- Read from: {found.basis}.",
            f"- Promises: {promised} a {terms['period']}; downtime counts `{terms['quantise']}`.",
            f"- Credits: {'; '.join(map(_tier, tiers(_agreement(name).credits)))}.",
            f"- Claims: {claims}.",
            *(f"- {text}" for text in found.notes), "",
        ]  # fmt: skip
    return "\n".join(lines)


def _agreement(name: str) -> Agreement:
    text = HEAD + f'[agreements.a]\norganization = "o"\nservices = ["s"]\npreset = "{name}"\n'
    with TemporaryDirectory() as folder:
        path = Path(folder) / "slawatch.toml"
        path.write_text(text)
        return load(path, env={"HOME": folder}).agreements["a"]


def _tier(tier: Tier) -> str:
    return f"{tier}: {credit_words(tier)}"


def configuration() -> str:
    """Return the page of all keys outside of the check types."""
    tree = schema()
    lines = ["# Configuration", NOTE, *CONFIGURATION.splitlines(), ""]
    for section, entry in tree["properties"].items():
        table = _table(tree, entry.get("items") or entry.get("additionalProperties") or entry)
        if section == "defaults":
            lines += ["## [defaults.check]", "", entry["description"], ""]
            continue
        if section == "checks":
            lines += ["## [checks.NAME]", "", described(Check).summary, ""]
            lines += [
                *_keys(_common(tree, "check-tcp", Check)),
                "",
                "Each type has keys of its own: see [checks](checks.md).",
                "",
            ]
            continue
        if section == "channels":
            lines += ["## [channels.NAME]", "", described(Channel).summary, ""]
            lines += [
                *_keys(_common(tree, "channel-email", Channel)),
                "",
                "Each type has keys of its own: see [channels](channels.md).",
                "",
            ]
            continue
        title = f"[[{section}]]" if entry["type"] == "array" else f"[{section}]"
        title = f"[{section}.NAME]" if "propertyNames" in entry else title
        lines += [f"## {title}", "", table["description"], "", *_keys(table), ""]
    return "\n".join(lines)


def check_types() -> str:
    """Return the page of the check types and their keys."""
    intro = "Beside the keys that [every check](configuration.md#checksname) has, each type has its own."
    return _types("Check types", intro, "check", {name: checks.load(name).options for name in checks.names()})


def channel_types() -> str:
    """Return the page of the channel types and their keys."""
    intro = (
        "Beside the keys that [every channel](configuration.md#channelsname) has, each type has its own.\n"
        "`slawatch channel test NAME` sends one message through a channel."
    )
    types = {name: notifiers.load(name).options for name in notifiers.names()}
    return _types("Channel types", intro, "channel", types)


def _types(title: str, intro: str, what: str, types: dict[str, type]) -> str:
    tree = schema()
    lines = [f"# {title}", NOTE, intro, ""]
    for name, options in types.items():
        table = dict(tree["$defs"][f"{what}-{name}"])
        table["properties"] = {key: table["properties"][key] for key in keys(options)}
        lines += [f"## {name}", "", described(options).summary, "", *_keys(table), ""]
    return "\n".join(lines)


def metrics() -> str:
    """Return the page of the metrics."""
    lines = ["# Metrics", NOTE, *METRICS.splitlines(), ""]
    for about, title in ABOUT.items():
        lines += [f"## {title}", "", "| metric | unit | meaning | over |", "|---|---|---|---|"]
        for metric in CATALOGUE.values():
            if (metric.source if metric.source == "measures" else metric.about) == about:
                unit = UNITS[metric.unit]
                over = OVER[metric.over]
                lines.append(f"| `{metric.name}` | {unit} | {_cell(metric.text)} | {over} |")
        lines.append("")
    return "\n".join(lines)


def commands() -> str:
    """Return the page of the commands: each one's own `--help`."""
    lines = ["# Commands", NOTE]
    for command in COMMANDS:
        group = next((g for g in build(command).registered_groups if g.name == command), None)
        inner = (
            [c.name for c in group.typer_instance.registered_commands]
            if group and group.typer_instance
            else []
        )
        for words in [[command, name] for name in inner if name] or [[command]]:
            lines += [f"## slawatch {' '.join(words)}", "", "```text", _help(words), "```", ""]
    return "\n".join(lines)


def _help(words: list[str]) -> str:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "slawatch", *words, "--help"], capture_output=True, text=True, check=True,
        env={"COLUMNS": "100", "TERM": "dumb", "HOME": "/root", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
    )  # fmt: skip
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def _common(tree: dict[str, Any], of: str, kind: type) -> dict[str, Any]:
    """Return the table of the keys that tables of all types have, from that of one type."""
    table = tree["$defs"][of]
    return {"properties": {key: entry for key, entry in table["properties"].items() if key in keys(kind)}}


def _table(tree: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """Return a table, looked up where it stands for itself elsewhere."""
    name = entry.get("$ref", "").removeprefix("#/$defs/")
    found: dict[str, Any] = tree["$defs"][name] if name else entry
    return found


def _keys(table: dict[str, Any], prefix: str = "") -> list[str]:
    required = set(table.get("required", ()))
    rows = [] if prefix else ["| key | value | default | meaning |", "|---|---|---|---|"]
    for key, entry in table["properties"].items():
        default = (
            f"`{_toml(entry['default'])}`"
            if "default" in entry
            else ("*required*" if key in required else "")
        )
        nested = _nested(entry)
        words = entry.get("description", "")
        rows.append(f"| `{prefix}{key}` | {_kind(entry)} | {default} | {_cell(words)} |")
        if nested is not None:
            rows += _keys(nested, f"{prefix}{key}.")
    return rows


def _nested(entry: dict[str, Any]) -> dict[str, Any] | None:
    table = entry.get("items", entry)
    return table if table.get("properties") else None


def _kind(entry: dict[str, Any]) -> str:
    if "const" in entry:
        return f'`"{entry["const"]}"`'
    if "enum" in entry:
        return ", ".join(f"`{_toml(choice)}`" for choice in entry["enum"])
    if "anyOf" in entry:
        return " or ".join(dict.fromkeys(_kind(branch) for branch in entry["anyOf"]))
    if "$ref" in entry:
        return "secret" if entry["$ref"].endswith("/secret") else "table as this one"
    if entry.get("type") == "array":
        return f"array of {_kind(entry.get('items', {}))}"
    if "duration" in entry.get("description", "") or entry.get("examples") == ["30s"]:
        return "duration"
    if entry.get("examples"):
        return f"`{_toml(entry['examples'][0])}`"
    words = {"string": "text", "integer": "number", "boolean": "true, false", "object": "table"}
    kind = str(entry.get("type", "anything"))
    return words.get(kind, kind)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    for file, text in pages().items():
        (HERE / file).write_text(text)
