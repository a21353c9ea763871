"""A person leaves, and the daemon that told them runs on: no trace of them is left in any file."""

from pathlib import Path

import pytest
import trio
from tests.acceptance.program import Program, Target
from tests.acceptance.standins import stand_ins
from tests.acceptance.test_told import off, until

CONFIG = """
[alerting]
start_grace = "0s"
[services.shop]
escalation = "default"
[checks.shop-home]
service = "shop"
type = "http"
url = "http://127.0.0.1:{port}/"
interval = "1s"
failures = 2
retry_interval = "200ms"
{zoe}
[people.bob]
contact = [ {{ channel = "hook" }} ]
[schedules.primary]
[[schedules.primary.layers]]
people = [{rota}]
start = 2026-01-05T09:00:00
[escalations.default]
[[escalations.default.levels]]
to = ["schedule:primary", "person:bob"]
{channels}
"""
ZOE = """
[people.zoe]
name = "Zoe Quux"
email = "zoe@example.com"
contact = [ { channel = "mail" } ]
"""


def traces(folder: Path) -> list[str]:
    found = [(file, file.read_bytes()) for file in folder.rglob("*") if file.is_file()]
    return [file.name for file, held in found for name in (b"zoe", b"Zoe", b"Quux") if name in held]


@pytest.mark.timeout(120)
async def test_nothing_of_a_person_is_left_while_the_daemon_runs(tmp_path: Path) -> None:
    async with stand_ins() as world:
        with Target() as target:
            given = {"port": target.port, "channels": world.channels}
            with Program(tmp_path, CONFIG.format(zoe=ZOE, rota='"zoe"', **given)) as program:
                await off(program.run)
                await off(target.kill)
                await until(lambda: world.by("email") and world.by("hook"), 30, program, world)
                done = await off(program.command, "incidents", "ack", "1", "--by", "zoe")
                assert done.returncode == 0, done.stderr
                words = ("incidents", "note", "1", "Zoe Quux is on it", "--by", "zoe")
                assert (await off(program.command, *words)).returncode == 0
                erase = ("person", "erase", "zoe", "--also", "Zoe Quux", "--also", "zoe@example.com", "--yes")
                refused = await off(program.command, *erase)
                assert (refused.returncode, "take it out first" in refused.stderr) == (2, True)

                head = '[slawatch]\ndata_dir = "data"\nlog_format = "human"\n'
                program.config.write_text(head + CONFIG.format(zoe="", rota='"bob"', **given))
                not_yet = await off(program.command, *erase)
                assert not_yet.returncode != 0
                assert "slawatch reload" in not_yet.stderr, "the daemon still has the old configuration"
                assert (await off(program.command, "reload")).returncode == 0
                await trio.sleep(1)
                found = await off(program.json, *erase)
                pseudonym = found["pseudonym"]
                assert found["rows"]["alert_event"] > 5

                (incident,) = (await off(program.json, "incidents", "list"))["incidents"]
                assert incident["acker"] == f"person:{pseudonym}"
                sent = await off(program.json, "notifications", "list", "--to", pseudonym)
                assert {row["state"] for row in sent["notifications"]} == {"sent"}
                log = (await off(program.json, "audit", "list", "--action", "person.erase"))["audit"]
                (line,) = [one for one in log if one["outcome"] == "allowed"]
                assert line["subject"] == pseudonym
                # Escalation goes on as if nothing had been.
                assert (await off(program.command, "incidents", "unack", "1", "--by", "bob")).returncode == 0
                await until(lambda: len(world.by("hook", "trigger")) >= 2, 30, program, world)
                assert len(world.by("email", "trigger")) == 1
                assert traces(tmp_path / "data") == [], "while it runs"
                assert await off(program.stop) < 10
                assert traces(tmp_path / "data") == [], "when it is stopped"
                await off(program.run)
                (again,) = (await off(program.json, "incidents", "list"))["incidents"]
                assert (again["id"], again["state"]) == (1, "triggered")
                assert traces(tmp_path / "data") == [], "and after the next start"
