"""`python -m voxviewer` is `voxviewer`: neither imports what lies beside the data."""

import os
import sys
from contextlib import suppress

with suppress(OSError):  # the current folder may be gone
    if not sys.flags.safe_path and sys.path[:1] == [os.getcwd()]:
        del sys.path[0]

from voxviewer.cli import main

sys.exit(main())
