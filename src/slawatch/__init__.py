"""An SLA number you can defend."""

from typing import Final

__version__: Final = "0.1.0"
