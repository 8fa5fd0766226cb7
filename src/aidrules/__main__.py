"""`python -m aidrules` to the command line."""

import sys

from aidrules.cli import main

sys.exit(main())
