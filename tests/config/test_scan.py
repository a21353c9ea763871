"""The scanner says where things stand, as a real parser of TOML does."""

import tomllib
from typing import Any

import tree_sitter_toml
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Language, Node, Parser

from slawatch.config.scan import scan

PARSER = Parser(Language(tree_sitter_toml.language()))

Path = tuple[Any, ...]


class Reference:
    """The lines of a document as tree-sitter's grammar sees them."""

    def __init__(self, text: str) -> None:
        self.first: dict[Path, int] = {}
        self.implied: set[Path] = set()
        self.arrays: dict[Path, int] = {}
        root = PARSER.parse(text.encode()).root_node
        assert not root.has_error, text
        for node in root.children:
            if node.type == "pair":
                self.pair(node, ())
            elif node.type in ("table", "table_array_element"):
                table = self.header(node, array=node.type != "table")
                for inner in node.children:
                    if inner.type == "pair":
                        self.pair(inner, table)

    def names(self, node: Node) -> list[str]:
        if node.type == "dotted_key":
            return [name for child in node.children for name in self.names(child)]
        if node.type not in ("bare_key", "quoted_key"):
            return []
        assert node.text is not None
        (name,) = tomllib.loads(f"{node.text.decode()} = 1")
        return [name]

    def define(self, path: Path, node: Node) -> None:
        assert path not in self.first or path in self.implied
        self.implied.discard(path)
        self.first[path] = node.start_point[0] + 1

    def imply(self, path: Path, node: Node) -> None:
        if path not in self.first:
            self.first[path] = node.start_point[0] + 1
            self.implied.add(path)

    def header(self, node: Node, *, array: bool) -> Path:
        names = next(names for child in node.children if (names := self.names(child)))
        path: Path = ()
        for name in names[:-1]:
            path += (name,)
            self.imply(path, node)
            if path in self.arrays:
                path += (self.arrays[path],)
        path += (names[-1],)
        if array:
            if path not in self.arrays:
                self.define(path, node)
            self.arrays[path] = self.arrays.get(path, -1) + 1
            path += (self.arrays[path],)
        self.define(path, node)
        return path

    def pair(self, node: Node, table: Path) -> None:
        names = self.names(node.children[0])
        path = table
        for name in names[:-1]:
            path += (name,)
            self.imply(path, node)
        path += (names[-1],)
        self.define(path, node)
        equals = next(number for number, child in enumerate(node.children) if child.type == "=")
        self.value(node.children[equals + 1], path)

    def value(self, node: Node, path: Path) -> None:
        if node.type == "array":
            elements = [child for child in node.named_children if child.type != "comment"]
            for number, child in enumerate(elements):
                self.define((*path, number), child)
                self.value(child, (*path, number))
        elif node.type == "inline_table":
            for child in node.named_children:
                if child.type == "pair":
                    self.pair(child, path)


def every_path(tree: Any, path: Path = ()) -> set[Path]:
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return {p for key, value in inner for p in ({(*path, key)} | every_path(value, (*path, key)))}


BARE = st.text("abcdefgh0123456789_-", min_size=1, max_size=6)
SPOKEN = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\x85"), max_size=6
)


def _basic(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


KEY = st.one_of(
    BARE,
    SPOKEN.map(_basic),
    st.text('abc #[]{}=,."', max_size=5).map(lambda text: f"'{text}'"),
    st.sampled_from(['"\\u0061\\t"', '"a\\"b"', '""', "''"]),
)
DOTTED = st.lists(KEY, min_size=1, max_size=3).flatmap(
    lambda keys: st.sampled_from([".", " . ", "\t."]).map(lambda dot: dot.join(keys))
)
SCALAR = st.one_of(
    st.integers(-999, 999).map(str),
    st.sampled_from(
        ["true", "false", "1e3", "0x1F", "inf", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00", "07:32:00"]
    ),
    SPOKEN.map(_basic),
    st.text('ab #[]{}=,"', max_size=6).map(lambda text: f"'{text}'"),
    st.sampled_from(
        [
            '"""\nfirst\n[no.table]\n"""',
            "'''\nno = 'key'\n'''",
            '"""a\\"""b"""',
            '"""""two quotes"""""',
            "''''one'''",
            '"""line \\\n  goes on"""',
            '""',
            "''",
            '""""""',
            "''''''",
        ]
    ),
)
BREAK = st.sampled_from(["", " ", "\n", "\n  # a comment ] } , = [\n", "\n\n"])


def _array(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    element = st.tuples(BREAK, inner, BREAK).map("".join)
    return st.tuples(st.lists(element, max_size=3), st.booleans(), BREAK).map(
        lambda made: "[" + ",".join(made[0]) + ("," if made[1] and made[0] else "") + made[2] + "]"
    )


def _inline(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.tuples(DOTTED, inner).map(" = ".join), max_size=3).map(
        lambda pairs: "{ " + ", ".join(pairs) + " }"
    )


VALUE = st.recursive(SCALAR, lambda inner: st.one_of(_array(inner), _inline(inner)), max_leaves=6)
LINE = st.one_of(
    st.tuples(DOTTED, VALUE, st.sampled_from(["", " # note", "\t#[x]"])).map(
        lambda t: f"{t[0]} = {t[1]}{t[2]}"
    ),
    DOTTED.map(lambda key: f"[{key}]"),
    DOTTED.map(lambda key: f"[[ {key} ]]"),
    st.sampled_from(["", "# [comment]", "   "]),
)


def _valid(lines: list[str]) -> str:
    """Keep each line with which the text is still TOML."""
    kept: list[str] = []
    for line in lines:
        try:
            tomllib.loads("\n".join([*kept, line]))
        except ValueError:
            continue
        kept.append(line)
    return "\n".join(kept) + "\n"


DOCUMENT = st.lists(LINE, max_size=12).map(_valid)


@given(DOCUMENT)
def test_every_key_is_found_where_tree_sitter_sees_it(text: str) -> None:
    assert scan(text).first == Reference(text).first


@given(DOCUMENT)
def test_every_key_that_tomllib_knows_has_a_line_and_none_is_invented(text: str) -> None:
    lines = scan(text)
    assert set(lines.first) == every_path(tomllib.loads(text))
    assert lines.again == []


@given(DOCUMENT)
def test_windows_line_ends_change_no_line(text: str) -> None:
    assert scan(text.replace("\n", "\r\n")).first == scan(text).first


@given(st.text(st.sampled_from("ab.=[]{}\"'\\#,\n \t1"), max_size=60))
def test_no_text_stops_the_scanner(text: str) -> None:
    for line in scan(text).first.values():
        assert 1 <= line <= text.count("\n") + 1


def test_what_is_written_twice_is_told_with_both_lines() -> None:
    lines = scan("[a]\nx = 1\ny = 2\nx = 3\n[b]\n[a]\n")
    assert lines.again == [(("a", "x"), 4), (("a",), 6)]
    assert lines.first["a", "x"] == 2


def test_a_long_file_is_scanned_in_one_walk() -> None:
    text = "".join(f'[checks.c{n}]\ntype = "tcp"\naddress = "h:{n}"\n' for n in range(5000))
    assert scan(text).first["checks", "c4999", "address"] == 15_000


def test_deep_nesting_is_left_where_it_ends() -> None:
    assert scan("x = " + "[" * 100_000).first["x",] == 1
