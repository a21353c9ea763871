"""The configuration that `slawatch init` writes: small, explained, and working as it is."""

from pathlib import Path
from typing import Final

from slawatch.config.locate import FILENAME

_TEXT: Final = """\
# What slawatch watches and what it reports. All keys: config.example.toml, or `slawatch config schema`.
#   slawatch check-config      tells every mistake in this file at once
#   slawatch run               starts watching
#   slawatch status            shows how it goes, in another terminal
#   slawatch report --month 2026-10
# A running slawatch takes changes over with `slawatch reload`.

[slawatch]
data_dir = "data"                  # database, socket and journal; relative to this file
timezone = "UTC"                   # whose midnights days and months begin at

[web]
listen = "127.0.0.1:8470"          # dashboard, API, metrics, heartbeats; without it, only the unix socket

# Who was promised something.
[organizations.example]
name = "Example Corp"
timezone = "Europe/Berlin"

# Any key of a check, for all checks that do not say otherwise.
[defaults.check]
interval = "10s"
timeout = "5s"
failures = 3                       # so many bad probes in a row confirm a failure,
retry_interval = "1s"              # this far apart

# What was promised: a service is up while its checks say so.
[services.slawatch]
organization = "example"
description = "slawatch itself: replace it by what your customers use"
join = "all"                       # all | any | { quorum = 2 }

# How it is looked at. These two watch slawatch itself, so that there is something to see at once.
[checks.slawatch-page]
service = "slawatch"
type = "http"
url = "http://127.0.0.1:8470/healthz"
expect = { status = "200-299" }
degraded_over = "800ms"            # slower than this is degraded, not down

[checks.slawatch-port]
service = "slawatch"
type = "tcp"
address = "127.0.0.1:8470"

# A web site of yours:
# [checks.shop-home]
# service = "shop"
# type = "http"
# url = "https://shop.example/health"
# expect = { status = "200-299", body_contains = "ok" }

# A nightly job that calls http://127.0.0.1:8470/heartbeat/<token> when it has run:
# [checks.backup]
# service = "backup"
# type = "heartbeat"
# every = "24h"
# grace = "1h"
# token = { env = "BACKUP_TOKEN" }

# What was promised, in numbers: `slawatch report` says whether it was kept.
[agreements.example]
organization = "example"
services = ["slawatch"]
period = "month"                   # day | week | month | quarter | year
timezone = "Europe/Berlin"
unknown = "exclude"                # time in which nobody knows: exclude | down | up
degraded = "up"                    # degraded time counts as: up | down | a weight such as 0.5

[[agreements.example.objectives]]
id = "availability"
metric = "availability"
target = "99.9"

[[agreements.example.objectives]]
id = "speed"
metric = "latency_p95"
target = "< 500ms"
"""


def write_starter(folder: Path) -> Path:
    """Write the file into a folder, which is made if need be, and return its path.

    Raises:
        FileExistsError: there is one already; it is left as it is.
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILENAME
    with path.open("x", encoding="utf-8") as file:
        path.chmod(0o640)
        file.write(_TEXT)
    return path
