"""The exit codes of every command; scripts rely on them, so they never change."""

from typing import Final

OK: Final = 0
NO: Final = 1
"""The answer is no: a service is down, a probe failed, two reports differ, an imported row is wrong."""
USAGE: Final = 2
UNAVAILABLE: Final = 69
"""The daemon cannot be reached, or cannot do it now."""
IO: Final = 74
"""A file cannot be read or written."""
TRY_AGAIN: Final = 75
"""Somebody else holds the data; later it may work."""
CONFIG: Final = 78
INTERRUPTED: Final = 130

NAGIOS_OK: Final = 0
NAGIOS_WARNING: Final = 1
NAGIOS_CRITICAL: Final = 2
NAGIOS_UNKNOWN: Final = 3
