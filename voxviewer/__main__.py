"""`python -m voxviewer` is `voxviewer`."""

import sys

from voxviewer.cli import main

sys.exit(main())
