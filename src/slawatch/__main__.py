"""`python -m slawatch`."""

import sys

from slawatch.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
