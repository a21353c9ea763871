"""Means over a window against worked cases of Prometheus: `tests/data/sla_rest.json`."""

import math
from pathlib import Path
from typing import Any

from tests.core.published import cases
from tests.store.samples import START, batch, sample

from slawatch.core.instant import SECOND
from slawatch.core.metric import find
from slawatch.store.database import Database
from slawatch.store.windows import values
from slawatch.store.writer import Writer

NUMBERS = {"Inf": math.inf, "+Inf": math.inf, "-Inf": -math.inf, "NaN": math.nan}


@cases("rest", "avg_over_time")
def test_means_over_a_window(tmp_path: Path, case: dict[str, Any]) -> None:
    """Their windows leave the start out and have the end in them; instants are microseconds."""
    metric = find("measure_avg:load")
    with Database.open(tmp_path) as database:
        number = database.check_numbers(["a"])["a"]
        seen = [(event["t"], float(NUMBERS.get(event["value"], event["value"]))) for event in case["events"]]
        made = [sample(number, START + at * SECOND, measures=(("load", value, ""),)) for at, value in seen]
        Writer(database).write(batch(1, made))
        end = START + case["params"]["at_s"] * SECOND + 1
        with database.reading() as cursor:
            found = values(cursor, [metric], {0: ["a"]}, end - case["params"]["range_s"] * SECOND, end)
    number_found = found[0][metric.name].number
    expected = case["expected"]["value"]
    expected = NUMBERS.get(expected, expected)
    if expected is not None and math.isnan(expected):
        assert number_found is not None
        assert math.isnan(number_found)
    else:
        assert number_found == expected
