"""Tables compared cell by cell."""

import pytest

from slawatch.report.tables import Cell, cells, first_difference

TABLE = "service,down,up\r\nshop,1.5,8\r\nmail,0,9\r\n"


def test_the_same_table() -> None:
    assert first_difference(TABLE, TABLE) is None
    assert cells(TABLE) == 6


@pytest.mark.parametrize(
    ("stored", "cell"),
    [
        (TABLE.replace("1.5", "0.5"), Cell(2, "down", "0.5", "1.5")),
        (TABLE.replace("mail,0", "mail,1"), Cell(3, "down", "1", "0")),
        (TABLE.replace("mail,0,9\r\n", ""), Cell(3, "", "no such line", "mail, 0, 9")),
        (TABLE + "web,0,1\r\n", Cell(4, "", "web, 0, 1", "no such line")),
        (TABLE.replace("service,down", "service,lost"), Cell(1, "down", "lost", "down")),
        (TABLE.replace("1.5,8", "1.5"), Cell(2, "up", "no cell", "8")),
        (TABLE.replace("1.5,8", "1.5,8,3"), Cell(2, "column 4", "3", "no cell")),
        (TABLE.replace("\r\n", "\n"), Cell(1, "", "other line ends or quotes", "as RFC 4180 has them")),
        ("", Cell(1, "", "no such line", "service, down, up")),
    ],
)
def test_the_first_cell_that_differs(stored: str, cell: Cell) -> None:
    assert first_difference(stored, TABLE) == cell


def test_columns_that_a_later_version_has_do_not_count_against_a_report() -> None:
    later = "service,budget,down,up\r\nshop,7,1.5,8\r\nmail,7,0,9\r\n"
    assert first_difference(TABLE, later, without={"budget"}) is None
    assert first_difference(TABLE, later) is not None
    assert first_difference(TABLE.replace("down", "lost"), later, without={"budget"}) is not None
    fewer = "service,up\r\nshop,8\r\nmail,9\r\n"
    assert first_difference(fewer, later, without={"budget"}) == Cell(1, "down", "up", "down")
    better = TABLE.replace("1.5", "0.5")
    assert first_difference(better, later, without={"budget"}) == Cell(2, "down", "0.5", "1.5")


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no table"):
        first_difference("x" * 200_000, TABLE)
