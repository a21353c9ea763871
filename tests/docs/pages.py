"""The documentation as a program: its blocks in order, and a folder in which they are run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(?P<language>\w+)(?P<rest>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r'file="([^"]+)"')
_PORT = re.compile(r"127\.0\.0\.1(?::|\", )(\d{4,5})\b")
_EXIT = re.compile(r"exit=(\d+)")


class Block(NamedTuple):
    """A fenced block: its language, what stands behind the language, its text, its line."""

    language: str
    rest: str
    body: str
    line: int

    @property
    def file(self) -> str | None:
        """The file name that `file="..."` gives the block."""
        found = _FILE.search(self.rest)
        return found[1] if found else None

    @property
    def exit(self) -> int:
        """The exit code that the block's last command ends with: `exit=78`, else 0."""
        found = _EXIT.search(self.rest)
        return int(found[1]) if found else 0


@dataclass(frozen=True)
class Page:
    """A Markdown file of the documentation."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    def blocks(self) -> list[Block]:
        text = self.path.read_text()
        return [
            Block(m["language"], m["rest"], m["body"], text.count("\n", 0, m.start()) + 1)
            for m in _FENCE.finditer(text)
        ]

    def ports(self) -> list[str]:
        """The ports of this machine on which something listens that the page tells the reader to start."""
        return sorted(set(_PORT.findall("".join(block.body for block in self.blocks()))))

    def script(self, ports: Mapping[str, int] | None = None) -> str:
        """A bash script that does what the page tells the reader to do, and stops at the first surprise.

        Args:
            ports: which to take in place of those of the page, as these may be taken.
        """
        text = self._script()
        for written, free in (ports or {}).items():
            text = re.sub(rf"\b{written}\b", str(free), text)
        return text

    def _script(self) -> str:
        lines = ["set -uo pipefail"]
        for block in self.blocks():
            if block.file:
                lines += [
                    f"cat > {block.file} <<'__END_OF_FILE__'",
                    block.body.rstrip("\n"),
                    "__END_OF_FILE__",
                ]
            elif block.language == "console":
                commands = _commands(block.body)
                for position, command in enumerate(commands):
                    expected = block.exit if position == len(commands) - 1 else 0
                    lines.append(command)
                    if not command.rstrip().endswith("&"):
                        surprise = f"{self.name}:{block.line}: exit $__code, expected {expected}"
                        lines.append(
                            f'__code=$?; [ $__code = {expected} ] || {{ echo "{surprise}" >&2; exit 99; }}'
                        )
        return "\n".join(lines) + "\n"


def _commands(body: str) -> list[str]:
    commands: list[str] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            commands.append(line[2:])
        elif commands and (line.startswith("> ") or commands[-1].endswith("\\")):
            commands[-1] += "\n" + line.removeprefix("> ")
    return commands


def pages() -> list[Page]:
    found = sorted((ROOT / "docs").rglob("*.md"))
    return [Page(ROOT / "README.md"), *(Page(path) for path in found)]
