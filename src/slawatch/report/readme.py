"""The text in a frozen report that tells its reader what the files are and how to verify them."""

import textwrap
from typing import Final

from slawatch.core.instant import rfc3339
from slawatch.report.manifest import Manifest

_WIDTH: Final = 92


def text(about: Manifest) -> str:
    """Return the text."""
    whose = f"Agreement {about.agreement}" if about.agreement else about.key
    restates = ""
    if about.restates is not None:
        restates = _filled(f"It replaces report {about.restates}. Reason: {about.reason or 'none was given'}")
    elif about.reason:
        restates = _filled(about.reason)
    return (
        f"Service level report no. {about.number}\n\n"
        + _filled(
            f"{whose}, {about.period.label} ({rfc3339(about.period.start)} to {rfc3339(about.period.end)}, "
            f"days as in {about.period.timezone}). Frozen on {rfc3339(about.frozen_at)} by {about.frozen_by} "
            f"with slawatch {about.version}."
        )
        + restates
        + _BODY.format(
            promised=_PROMISED if about.agreement else "",
            changes=_CHANGES if about.restates is not None else "",
            version=about.version,
            key=about.public_key,
        )
    )


def _filled(line: str) -> str:
    return textwrap.fill(line, _WIDTH, break_on_hyphens=False) + "\n\n"


_PROMISED: Final = """\
    credits.csv      what is due
    maintenance.csv  announced work, and what of it the terms grant
    trend.csv        the last periods
"""
_CHANGES: Final = """\
    changes.json     what differs from the report that this one replaces
"""
_BODY: Final = """\
HOW TO VERIFY IT

You need not trust whoever made this report. With Python 3.11 or later:

    pip install slawatch
    slawatch verify FILE.zip

where FILE.zip is the file that this text came in, or the folder that you unpacked it to. That
needs no account, no network and no settings. It works every figure out again from the evidence
and says "match", or names the first figure and the first second that differ. slawatch {version}
made the report; a later version verifies it too.

Whose report it is, is told by the key that signed it:

    {key}

Ask for the key once by another way than you got this file, such as in the contract. Then

    slawatch verify FILE.zip --key {key}

accepts no other one. Keep the reports of earlier periods: given together, they are also verified
to follow one another, with none exchanged or put in afterwards.

Without slawatch, minisign (https://jedisct1.github.io/minisign/) checks the signature, and the
manifest names the SHA-256 of each file:

    minisign -Vm manifest.json -P {key}
    sha256sum report.html


WHAT IS IN IT

    report.html      the report, to read and to print
    report.json      the same for programs (slawatch.report/1)
    ledger.csv       each day of each service, by class of time
    outages.csv      each outage
    objectives.csv   each promise, what was measured, and the verdict
{promised}    timeline.csv     the period stretch by stretch: every microsecond with its class
    evidence.json    what all of this follows from: each change of state that was seen, the terms,
                     the service hours with their holidays, announced work, adjustments
{changes}    manifest.json    the number of the report, and the SHA-256 of each file
    manifest.json.minisig
                     its signature (Ed25519)
    minisign.pub     the key that made it
"""
