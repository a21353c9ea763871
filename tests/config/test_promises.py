"""What no key of an agreement shows alone."""

from collections.abc import Callable

import pytest

from slawatch.config.load import Config, Problem

Read = Callable[..., Config]
Problems = Callable[..., tuple[Problem, ...]]

HEAD = (
    '[organizations.acme]\ntimezone = "Europe/Berlin"\n'
    '[checks.a]\nservice = "shop"\ntype = "tcp"\naddress = "h:1"\n'
    '[checks.b]\nservice = "mail"\ntype = "tcp"\naddress = "h:2"\n'
    '[agreements.gold]\norganization = "acme"\nservices = ["shop", "mail"]\n'
)
PROMISE = '[[agreements.gold.objectives]]\nid = "a"\nmetric = "availability"\ntarget = "99.9"\n'
PAGE = (
    '[checks.page]\nservice = "page"\ntype = "scrape"\nurl = "http://h/metrics"\n'
    'counters = { good = "ok_total", total = "all_total" }\n'
)
RATIO = 'metric = "ratio"\ntarget = "99"\n'
CHECK, COUNTERS = 'check = "page"\n', 'good = "good"\ntotal = "total"\n'
FEE = 'fee = { amount = "1200.00", currency = "EUR" }\n'


def tiers(*bands: str) -> str:
    return "".join(f"[[agreements.gold.credits]]\n{band}\n" for band in bands)


GOOD = tiers('at_least = "99"\nbelow = "99.9"\ncredit = "10"', 'below = "99"\ncredit = "25"')


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        (
            FEE + tiers('below = "99"\ncredit = 10', 'below = "99"\ncredit = 5'),
            "credits[1].below", "overlaps tier 1",
        ),
        (
            FEE + tiers('at_least = "98"\nbelow = "99.9"\ncredit = 10', 'below = "99"\ncredit = 25'),
            "credits[0].at_least", "overlaps tier 2",
        ),
        (
            FEE + tiers('at_least = "99.5"\nbelow = "99.9"\ncredit = 10', 'below = "99"\ncredit = 25'),
            "credits[0].at_least", "leaves a hole",
        ),
        (
            FEE + tiers('above = "99"\nbelow = "99.9"\ncredit = 10', 'below = "99"\ncredit = 25'),
            "credits[0].above", "leaves a hole",
        ),
        (
            FEE + tiers('at_least = "99"\nbelow = "99.9"\ncredit = 10', 'at_most = "99"\ncredit = 25'),
            "credits[0].at_least", "overlaps",
        ),
        (FEE + tiers('at_least = "95"\nbelow = "99"\ncredit = 10'), "credits[0].at_least", "less than 95 %"),
        (FEE + tiers('at_least = "99"\nbelow = "98"\ncredit = 10'), "credits[0].at_least", "no availability"),
        (FEE + tiers('below = "98"'), "credits[0].credit", "says what is due"),
        (FEE + tiers("credit = 10"), "credits[0].below", "below which availability"),
        (FEE + tiers('below = "98"\ncredit = 10\nmultiple = 3'), "credits[0].multiple", "not both"),
        (FEE + 'cap = "20"\n' + GOOD, "cap", "below tier 2"),
        ('pay_above = "1"\n', "pay_above", "needs the `fee`"),
        ('fee = { amount = "1" }\n', "fee", '"currency" is missing'),
        ('fee = { amount = "1", currency = "Euro" }\n', "fee.currency", "not a currency"),
        ('fee = { amount = "-1", currency = "EUR" }\n', "fee.amount", "zero or more"),
        (
            'fee = { amount = "999999999999999999.99", currency = "EUR" }\n',
            "fee.amount", "below 1,000,000,000,000,000",
        ),
        (FEE + tiers('at_least = "98"\nbelow = "99"\ncredit = 10', 'below = "95"\ncredit = 25'),
            "credits[0].at_least", "nothing is said between below 95 % and at least 98 %"),
        ('calendar = "ofice"\n', "calendar", "none is written: add [calendars.ofice]"),
        ('preset = "aws-compute-regoin"\n', "preset", 'did you mean "aws-compute-region"?'),
        ('maintenance = { notice = "72h", per = "year" }\n', "maintenance.per", "write the `quota`"),
        ('maintenance = "ignroe"\n', "maintenance", ""),
        ("weights = { shop = 1 }\n", "weights", 'need combine = "weighted"'),
        ('combine = "weighted"\n', "weights", "no weight: shop, mail"),
        ('combine = "weighted"\nweights = { shop = 0, mail = 0 }\n', "weights", "above zero"),
        (
            'combine = "weighted"\nweights = { shop = 1, mail = 1, male = 1 }\n',
            "weights.male", 'did you mean "mail"',
        ),
        ('[agreements.gold.groups.g]\nservices = ["shpo"]\n', "groups.g.services[0]", 'did you mean "shop"'),
        ('[agreements.gold.groups.shop]\nservices = ["shop"]\n', "groups.shop", "another name"),
        ("[agreements.gold.groups.g]\nservices = []\n", "groups.g.services", "at least one"),
        (
            '[agreements.gold.groups.g]\nservices = ["shop"]\njoin = { quorum = 2 }\n',
            "groups.g.join", "larger than the group",
        ),
        (
            (
                '[agreements.gold.groups.g]\nservices = ["shop"]\n'
                '[agreements.gold.groups.h]\nservices = ["shop"]\n'
            ),
            "groups.h.services[0]", "in the group",
        ),
        ("[[agreements.gold.versions]]\n", "versions[0]", '"effective_from" is missing'),
        (
            'effective_from = 2026-06-01\n[[agreements.gold.versions]]\neffective_from = 2026-06-01\n',
            "versions[0].effective_from", "a day of its own",
        ),
        (
            "[[agreements.gold.versions]]\neffective_from = 2026-06-01\ncalendar = \"x\"\n",
            "versions[0].calendar", "there is no calendar",
        ),
        (
            '[[agreements.gold.versions]]\neffective_from = 2026-06-01\norganization = "x"\n',
            "versions[0].organization", "cannot change",
        ),
        (
            FEE + "[[agreements.gold.versions]]\neffective_from = 2026-06-01\n"
            'fee = { amount = "1", currency = "USD" }\n',
            "versions[0].fee.currency", "one currency",
        ),
        ("versions = 4\n", "versions", ""),
    ],
)  # fmt: skip
def test_terms_that_cannot_be_meant_so(problems: Problems, text: str, path: str, message: str) -> None:
    keys, _, tables = text.partition("[")
    written = HEAD + keys + ("[" + tables if tables else "") + PROMISE
    if "versions]]" in text or "groups." in text or "credits]]" in text:
        written = HEAD + keys + PROMISE + "[" + tables
    found = problems(written)
    assert [problem.path for problem in found] == [f"agreements.gold.{path}"]
    assert message in found[0].message
    assert found[0].line > 0


@pytest.mark.parametrize(
    ("objective", "path", "message"),
    [
        (RATIO + CHECK + 'good = "good"\n', "objectives[0].total", "two counters"),
        (RATIO + COUNTERS, "objectives[0].check", 'type "scrape"'),
        (RATIO + CHECK.replace("page", "pgae") + COUNTERS, "objectives[0].check", 'did you mean "page"?'),
        (RATIO + CHECK.replace("page", "a") + COUNTERS, "objectives[0].check", "has no counters"),
        (
            RATIO + CHECK + COUNTERS.replace('"total"', '"totl"'),
            "objectives[0].total",
            'did you mean "total"?',
        ),
        (RATIO + CHECK + COUNTERS.replace('"good"', '"x"'), "objectives[0].good", "known: good, total"),
        ('metric = "error_rate"\ntarget = "< 1%"\ncheck = "page"\n', "objectives[0].check", "only metric"),
        ('metric = "error_rate"\ntarget = "< 1%"\ngood = "a"\n', "objectives[0].good", "only metric"),
    ],
)
def test_counters_belong_to_ratios(problems: Problems, objective: str, path: str, message: str) -> None:
    found = problems(PAGE + HEAD + '[[agreements.gold.objectives]]\nid = "a"\n' + objective)
    assert [problem.path for problem in found] == [f"agreements.gold.{path}"]
    assert message in found[0].message


def test_a_scrape_check_with_mistakes_is_told_once(problems: Problems) -> None:
    objective = f'[[agreements.gold.objectives]]\nid = "a"\n{RATIO}{CHECK}{COUNTERS}'
    found = problems(PAGE.replace("http://", "nonsense ") + HEAD + objective)
    assert {problem.path for problem in found} <= {"checks.page", "checks.page.url"}
    assert found


def test_a_ratio_may_name_the_counters_of_any_scrape_check(read: Read) -> None:
    objective = f'[[agreements.gold.objectives]]\nid = "a"\n{RATIO}{CHECK}{COUNTERS}'
    (found,) = read(PAGE + HEAD + objective).agreements["gold"].objectives
    assert (found.check, found.good, found.total) == ("page", "good", "total")


def test_credits_without_a_fee_are_warned_of(read: Read) -> None:
    (warning,) = read(HEAD + PROMISE + GOOD).warnings
    assert (warning.path, "percentages only" in warning.message) == ("agreements.gold.credits", True)
    assert read(HEAD + FEE + PROMISE + GOOD).warnings == ()


def test_a_mistake_in_the_first_version_is_told_once(problems: Problems) -> None:
    later = "[[agreements.gold.versions]]\neffective_from = 2027-01-01\n" * 2
    text = HEAD + 'calendar = "x"\n' + PROMISE + later.replace("2027", "2028", 1)
    assert [problem.path for problem in problems(text)] == ["agreements.gold.calendar"]


def test_claims_are_made_for_a_length_or_for_periods(problems: Problems) -> None:
    both = HEAD + 'claim_window = "10d"\nclaim_periods = 2\n' + PROMISE
    (problem,) = problems(both)
    assert problem.message == "write either `claim_window` or `claim_periods`"
    (problem,) = problems(HEAD + "claim_periods = 61\n" + PROMISE)
    assert (problem.path, problem.expected) == ("agreements.gold.claim_periods", "from 0 to 60")


def test_an_impossible_tier_is_told_beside_a_credit_that_cannot_be_read(problems: Problems) -> None:
    bands = tiers('at_least = "96"\nbelow = "95"\ncredit = "200"', 'below = "90"\ncredit = 25')
    found = {problem.path: problem.message for problem in problems(HEAD + FEE + PROMISE + bands)}
    assert any("no availability is at least 96 %, below 95 %" in message for message in found.values())
    assert any("between 0 and 100" in message for message in found.values())
