"""Grouping, against Alertmanager's acceptance scenarios and the tests of its ledger."""

import pytest
from tests.core.alert_play import cases

from slawatch.core.alert import Occurrence, merge
from slawatch.core.grouping import Shown, first_flush, key, needs, next_flush, settled
from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.matcher import Matcher
from slawatch.core.silence import Silence, expire

NOW = 10_000_000 * SECOND


def micros(seconds):
    return round(seconds * SECOND)


class Groups:
    """One route's groups as Alertmanager plays them, out of our own parts, on a virtual clock."""

    def __init__(self, case):
        self.case, self.route = case, case["route"]
        self.alerts, self.silences, self.groups, self.sent = {}, {}, {}, []

    def push(self, t, found):
        for one in found:
            labels = tuple(sorted(one["labels"].items()))
            starts = one.get("starts", min(t, one.get("ends", t)))
            assumed = "ends" not in one
            ends = one.get("ends", t + self.route.get("resolve_timeout", 300))
            new = Occurrence(micros(starts), micros(ends), micros(t), assumed)
            old, _ = self.alerts.get(labels, (None, {}))
            overlaps = old is not None and old.ends > new.starts and old.starts < new.ends
            self.alerts[labels] = (
                merge(old, new, micros(t)) if overlaps else new,
                one.get("annotations", {}),
            )
            group = key("", dict(labels), self.route["group_by"])
            if group not in self.groups:
                at = first_flush(micros(starts), micros(t), micros(self.route["group_wait"]))
                delay = micros(self.case.get("start_delay", 0))
                self.groups[group] = {"due": max(at, delay), "shown": None, "members": set()}
            self.groups[group]["members"].add(labels)

    def flush(self, t, group):
        muted = {
            labels
            for labels in group["members"]
            if any(s.mutes(dict(labels), t) for s in self.silences.values())
        }
        told = sorted(group["members"] - muted)
        firing = [labels for labels in told if self.alerts[labels][0].ends > t]
        resolved = [labels for labels in told if self.alerts[labels][0].ends <= t]
        need = needs(
            group["shown"], firing, resolved, t, repeat=micros(self.route["repeat_interval"]),
            send_resolved=self.case.get("send_resolved", False),
        )  # fmt: skip
        said = firing + (resolved if self.case.get("send_resolved") else [])
        if need.tell:
            group["shown"] = Shown(frozenset(firing), frozenset(resolved), t)
            if said:
                self.sent.append((t / SECOND, [(labels, *self.alerts[labels]) for labels in sorted(said)]))
        group["members"] -= settled(resolved, (), delivered=True)
        group["due"] = next_flush(t, t, micros(self.route["group_interval"]))

    def run(self):
        events = sorted(self.case["events"], key=lambda e: e["t"])
        horizon = max(w["window"][1] for told in self.case["expect"].values() for w in told) + 0.1
        t = 0
        while t < micros(horizon):
            due = [g["due"] for g in self.groups.values() if g["members"]]
            upcoming = due + [micros(e["t"]) for e in events[:1]]
            if not upcoming:
                break
            t = min(upcoming)
            if t > micros(horizon):
                break
            while events and micros(events[0]["t"]) <= t:
                self.occur(events.pop(0))
            for group in [g for g in self.groups.values() if g["due"] <= t and g["members"]]:
                self.flush(t, group)
            self.groups = {name: g for name, g in self.groups.items() if g["members"]}

    def occur(self, event):
        if "push" in event:
            self.push(event["t"], event["push"])
        elif "silence" in event:
            found = event["silence"]
            match = [Matcher(label, "=", value) for label, value in found.get("match", {}).items()]
            match += [Matcher(label, "=~", value) for label, value in found.get("match_re", {}).items()]
            self.silences[found.get("id", "")] = Silence(
                match=tuple(match),
                author="a",
                comment="c",
                start=micros(found["from"]),
                end=micros(found["to"]),
            )
        elif "unsilence" in event:
            self.silences[event["unsilence"]] = expire(self.silences[event["unsilence"]], micros(event["t"]))


@pytest.mark.parametrize(
    "case", [c for c in cases("grouping_timelines") if "events" in c], ids=lambda c: c["id"].split("/")[1]
)
def test_published_timelines(case):
    play = Groups(case)
    play.run()
    expected = case["expect"]["webhook"]
    for window in expected:
        start, end = window["window"]
        inside = [said for t, said in play.sent if start - case["tolerance"] <= t <= end + case["tolerance"]]
        assert any(fits(said, window["alerts"], case) for said in inside), (window, play.sent)
    for t, _ in play.sent:
        assert any(w["window"][0] - 0.15 <= t <= w["window"][1] + 0.15 for w in expected), (t, play.sent)


def fits(said, expected, case):
    wanted = sorted(expected, key=lambda one: sorted(one["labels"].items()))
    if [tuple(sorted(one["labels"].items())) for one in wanted] != [labels for labels, _, _ in said]:
        return False
    for one, (_, occurrence, annotations) in zip(wanted, said, strict=True):
        if "annotations" in one and one["annotations"] != annotations:
            return False
        if case.get("alert_times_asserted", True):
            if abs(occurrence.starts / SECOND - one["starts"]) > case["tolerance"]:
                return False
            if "ends" in one and abs(occurrence.ends / SECOND - one["ends"]) > case["tolerance"]:
                return False
    return True


@pytest.mark.parametrize(
    "case", [c for c in cases("grouping_timelines") if "notify" in c], ids=lambda c: c["id"].split("/")[1]
)
def test_what_a_group_forgets(case):
    resolved = case["group"]["resolved"]
    again = resolved if "fires again" in case.get("during_notify", "") else ()
    dropped = settled(resolved, again, delivered=case["notify"] == "ok")
    assert sorted(dropped) == case["expect"]["dropped"]
    assert sorted(set(resolved) - dropped) == case["expect"]["kept"]


@pytest.mark.parametrize("case", cases("dedup_needs_update"), ids=lambda c: c["id"].split("/")[1])
def test_published_needs(case):
    if "alerts" in case:
        said = [a for a in case["alerts"] if a != "resolved" or case["send_resolved"]]
        assert said == case["expect_sent"]
        return
    if case["last"] == "error":
        assert case["conflicts_with_recommended"], "the ledger is part of the state: it cannot fail by itself"
        return
    last = case["last"]
    now, shown = NOW, None
    if last is not None:
        age = last.get("age_minutes")
        age = 10 if "at" in last else age
        at = None if age is None else now - age * MINUTE
        shown = Shown(
            frozenset(map(str, last.get("firing", ()))), frozenset(map(str, last.get("resolved", ()))), at
        )
    repeat = case["repeat_minutes"]
    need = needs(
        shown, list(map(str, case["firing"])), list(map(str, case["resolved"])), now,
        repeat=None if repeat is None and shown is None else (repeat or 0) * MINUTE,
        send_resolved=case.get("send_resolved", False),
    )  # fmt: skip
    assert need.tell == case["expect"]
    if "reason" in case:
        assert need.reason == case["reason"]


def test_every_label_makes_its_own_group():
    assert key("p", {"b": "2", "a": "1"}, ("...",)) == ("p", "a=1", "b=2")


def test_a_group_that_was_never_told_does_not_wait():
    assert next_flush(None, NOW, MINUTE) == NOW
    assert next_flush(NOW - SECOND, NOW, MINUTE) == NOW + 59 * SECOND
    assert next_flush(NOW - SECOND, NOW, MINUTE, unmuted=True) == NOW
