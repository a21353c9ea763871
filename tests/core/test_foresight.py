"""What of an agreement's running period is worth an alert."""

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.core.agreements import JUNE, OVER, down, evaluated, promise

from slawatch.core.foresight import BURNS, Burn, Foresight, foresee
from slawatch.core.instant import DAY, HOUR, MINUTE
from slawatch.core.signal import Look

NOW = JUNE.start + 10 * DAY
MINUTES = 10 * 24 * 60
SETTINGS = Foresight()


def look_at(*spans, now=NOW, settings=SETTINGS, services=("shop",), **more):
    look = Look()
    checks = {name: down(*spans, until=now + HOUR) for name in services}
    made = evaluated(promise(*services, **more), checks, now=now)
    foresee(made, settings, lambda service: f"policy of {service}", look)
    return look


def wrong(look):
    return {finding.check.removeprefix("agreement."): finding for finding in look.wrong}


def test_a_quiet_agreement_is_fine():
    look = look_at((5, 6))
    assert look.wrong == []
    assert set(look.fine) == {
        'agreement.burn_rate{agreement="gold"}', 'agreement.forecast{agreement="gold"}',
        'agreement.breached{agreement="gold",period="2026-06"}',
        'agreement.tier{agreement="gold",period="2026-06",tier="1"}',
        'agreement.tier{agreement="gold",period="2026-06",tier="2"}',
    }  # fmt: skip


@pytest.mark.parametrize(
    ("minutes", "severity"),
    [(0.5, None), (0.9, "critical"), (30, "critical")],
)
def test_a_fresh_outage_burns(minutes, severity):
    found = wrong(look_at((MINUTES - minutes, MINUTES))).get("burn_rate")
    assert (found.severity if found else None) == severity


def test_a_burn_by_its_slower_windows():
    # A minute lost in each of the last six hours: 16.7 times too fast over any of them.
    hourly = [(MINUTES - 60 * n - 61, MINUTES - 60 * n - 60) for n in range(6)]
    found = wrong(look_at(*hourly))["burn_rate"]
    assert (found.severity, found.actual, found.threshold) == (
        "low", "1.3 over 3d, 7.53 over 6h", "> 1 over both",
    )  # fmt: skip
    # Ten of the last half hour's minutes were lost too: the pair of 6h and 30m says so.
    found = wrong(look_at(*hourly, (MINUTES - 20, MINUTES - 17)))["burn_rate"]
    assert found.severity == "high"
    assert found.threshold == "> 6 over both"
    assert "6h" in found.actual
    assert (found.service, found.policy, found.organization) == ("shop", "policy of shop", "acme")
    # Not before the outage that caused it.
    assert found.since == NOW - 20 * MINUTE


def test_windows_can_be_others_or_none():
    spans = ((MINUTES - 30, MINUTES),)
    assert "burn_rate" not in wrong(look_at(*spans, settings=replace(SETTINGS, burn=())))
    own = Burn(budget=Decimal(50), long=2 * HOUR, short=HOUR, severity="low")
    found = wrong(look_at(*spans, settings=replace(SETTINGS, burn=(own,))))["burn_rate"]
    assert (found.severity, found.threshold) == ("low", "> 180 over both")


@pytest.mark.parametrize("changes", [{"short": 2 * HOUR}, {"short": 0}, {"budget": Decimal(0)}])
def test_windows_that_make_no_pair(changes):
    with pytest.raises(ValueError, match=r"short|budget"):
        replace(BURNS[0], **changes)


def test_what_was_only_just_begun_to_be_watched_burns_nothing():
    look = Look()
    began = NOW - 2 * MINUTE
    check = replace(
        down((MINUTES - 1, MINUTES), until=NOW + HOUR),
        first_sample=began,
    )
    check = replace(check, transitions=(check.transitions[0]._replace(at=began), *check.transitions[1:]))
    foresee(evaluated(promise("shop"), {"shop": check}, now=NOW), SETTINGS, str, look)
    assert look.wrong == []


def test_a_breach_ahead():
    # 20 minutes lost on the tenth day: 60 at the month's end if it goes on.
    look = wrong(look_at((MINUTES - 20, MINUTES)))
    assert look["forecast"].severity == "medium"
    assert look["forecast"].actual.startswith("99.86")
    assert look["forecast"].threshold == ">= 99.9 %"
    # The same long ago: nothing burns any more.
    assert "forecast" not in wrong(look_at((0, 20)))
    assert "forecast" not in wrong(
        look_at((MINUTES - 20, MINUTES), settings=replace(SETTINGS, forecast="off"))
    )


def test_a_tier_that_is_near():
    look = wrong(look_at((0, 33)))
    assert (look["tier"].severity, look["tier"].once) == ("medium", True)
    assert look["tier"].title == (
        "gold: 10 min 12 s until credits are due: at least 99 %, below 99.9 % (100.00 of credits)"
    )
    assert "tier" not in wrong(look_at((0, 32)))
    assert "tier" not in wrong(look_at((0, 33), settings=replace(SETTINGS, tier="off")))
    # The second tier: 432 minutes.
    second = look_at((0, 400))
    assert [f.fingerprint for f in second.wrong if f.labels[-1] == ("tier", "2")]
    assert second.fine['agreement.tier{agreement="gold",period="2026-06",tier="1"}'] == "the tier is reached"


def test_of_a_period_that_is_watched_from_its_middle_only_the_rest_counts():
    began = NOW - 5 * MINUTE
    for lost, near in ((1, False), (25, True)):
        now = NOW + lost * MINUTE
        check = replace(down((MINUTES, MINUTES + lost), until=now + HOUR), first_sample=began)
        first = check.transitions[0]._replace(at=began)
        look = Look()
        found = evaluated(
            promise("shop"), {"shop": replace(check, transitions=(first, *check.transitions[1:]))}, now=now
        )
        foresee(found, SETTINGS, str, look)
        # 28.8 minutes of the 20 days to come.
        assert ("tier" in wrong(look)) is near


def test_a_breach():
    assert "breached" not in wrong(look_at((0, 43)))
    found = wrong(look_at((0, 44)))["breached"]
    assert (found.severity, found.once) == ("high", True)
    assert found.title == "gold: >= 99.9 % is missed for 2026-06, whatever comes"
    assert "forecast" not in wrong(look_at((0, 44)))
    assert "breached" not in wrong(look_at((0, 44), settings=replace(SETTINGS, breached="off")))


def test_a_target_of_all_is_breached_by_any_loss():
    assert "breached" in wrong(look_at((0, 1), target="100"))
    assert "breached" not in wrong(look_at(target="100"))


def test_a_period_that_is_over_says_nothing():
    look = look_at((0, 44), now=OVER)
    assert (look.wrong, look.fine) == ([], {})


def test_of_several_services_the_deciding_one_is_named():
    assert wrong(look_at((0, 44), services=("mail", "shop")))["breached"].service == "mail"
    assert wrong(look_at((0, 44), services=("mail", "shop"), combine="mean"))["breached"].service == ""
