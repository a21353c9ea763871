"""Agreements as they are written: presets below, versions above."""

from collections.abc import Callable
from decimal import Decimal

from slawatch.config.load import Config
from slawatch.core.agreement import Band, Clause, Fee, Group
from slawatch.core.instant import DAY, HOUR, SECOND

Read = Callable[..., Config]

HEAD = (
    '[organizations.acme]\ntimezone = "Europe/Berlin"\n'
    '[checks.a]\nservice = "shop"\ntype = "tcp"\naddress = "h:1"\ninterval = "10s"\n'
    '[checks.b]\nservice = "mail"\ntype = "tcp"\naddress = "h:2"\ninterval = "10s"\n'
)
GOLD = '[agreements.gold]\norganization = "acme"\nservices = ["shop", "mail"]\n'


def test_every_key_is_read(read: Read) -> None:
    text = HEAD + GOLD + (
        'period = "quarter"\nmin_outage = "30s"\nquantise = "minute"\ncap = 50\npay_above = "1.5"\n'
        'maintenance = { notice = "72h", quota = "4h", per = "month" }\nclaim_window = "30d"\n'
        'fee = { amount = "1200.00", currency = "EUR" }\nrounding = "down"\napproval = "another"\n'
        'on_change = "prorated"\nallow_unprovable = true\ncombine = "weighted"\n'
        'weights = { g = 2, mail = "0.5" }\n'
        '[agreements.gold.groups.g]\nservices = ["shop"]\njoin = "any"\n'
        '[[agreements.gold.objectives]]\nid = "a"\nmetric = "availability"\ntarget = "99.9"\n'
        '[[agreements.gold.credits]]\nbelow = "99.9"\ncredit = "10"\nclause = "7.2"\n'
    )  # fmt: skip
    gold = read(text).agreements["gold"]
    assert (gold.period, gold.min_outage, gold.quantise) == ("quarter", 30 * SECOND, "minute")
    assert gold.maintenance == Clause(notice=72 * HOUR, quota=4 * HOUR, per="month")
    assert (gold.cap, gold.pay_above, gold.claim_window) == (Decimal(50), Decimal("1.5"), 30 * DAY)
    assert gold.fee == Fee(amount=Decimal("1200.00"), currency="EUR")
    assert (gold.rounding, gold.approval, gold.on_change) == ("down", "another", "prorated")
    assert (gold.allow_unprovable, gold.combine) == (True, "weighted")
    assert gold.weights == {"g": 2, "mail": Decimal("0.5")}
    assert gold.groups == {"g": Group(services=("shop",), join="any")}
    assert gold.credits == (Band(below=Decimal("99.9"), credit=Decimal(10), clause="7.2"),)
    assert gold.subjects == ("g", "mail")
    assert gold.timezone == "Europe/Berlin"


def test_maintenance_may_be_ignored(read: Read) -> None:
    gold = read(HEAD + GOLD + 'maintenance = "ignore"\n').agreements["gold"]
    assert gold.maintenance == "ignore"


def test_a_preset_fills_in_what_is_not_written(read: Read) -> None:
    gold = read(HEAD + GOLD + 'preset = "aws-compute-region"\n').agreements["gold"]
    assert (gold.quantise, gold.pay_above, gold.preset) == ("minute", Decimal("1.00"), "aws-compute-region")
    assert [band.credit for band in gold.credits] == [10, 30, 100]
    assert [objective.target for objective in gold.objectives] == ["99.99"]


def test_what_is_written_beside_a_preset_goes_first(read: Read) -> None:
    gold = read(HEAD + GOLD + 'preset = "aws-compute-region"\nquantise = "none"\n').agreements["gold"]
    assert (gold.quantise, len(gold.credits)) == ("none", 3)


def test_a_version_changes_what_it_names_and_nothing_else(read: Read) -> None:
    text = HEAD + GOLD + (
        'effective_from = 2026-01-01\nunknown = "down"\npreset = "aws-compute-region"\n'
        '[[agreements.gold.versions]]\neffective_from = 2026-09-01\nunknown = "up"\npreset = "twilio"\n'
        '[[agreements.gold.versions]]\neffective_from = 2026-07-01\nservices = ["mail"]\n'
    )  # fmt: skip
    gold = read(text).agreements["gold"]
    later, sooner = gold.versions
    assert (gold.effective_from, gold.unknown, len(gold.credits)) == ("2026-01-01", "down", 3)
    assert (sooner.effective_from, sooner.services, sooner.unknown) == ("2026-07-01", ("mail",), "down")
    assert (sooner.preset, len(sooner.credits)) == ("aws-compute-region", 3)
    assert (later.effective_from, later.services, later.unknown) == ("2026-09-01", ("shop", "mail"), "up")
    assert (later.preset, len(later.credits), later.timezone) == ("twilio", 1, "Europe/Berlin")
    assert (later.key, later.organization, later.versions) == ("gold", "acme", ())


def test_a_claim_window_of_ones_own_stands_for_the_periods_of_the_preset(read: Read) -> None:
    head = '[organizations.acme]\n[checks.a]\nservice = "s"\ntype = "tcp"\naddress = "h:1"\n'
    gold = '[agreements.gold]\norganization = "acme"\nservices = ["s"]\npreset = "aws-rds"\n'
    later = '[[agreements.gold.versions]]\neffective_from = 2027-01-01\nclaim_window = "20d"\n'
    found = read(head + gold + later).agreements["gold"]
    assert (found.claim_periods, found.claim_window) == (2, 0)
    assert (found.versions[0].claim_periods, found.versions[0].claim_window) == (0, 20 * DAY)
    own = read(head + gold + 'claim_window = "10d"\n').agreements["gold"]
    assert (own.claim_periods, own.claim_window) == (0, 10 * DAY)
