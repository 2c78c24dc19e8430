#!/bin/sh
# Print a Python that the project runs on: 3.11 to 3.13, the newest first, with venv and pip.
for python in ${PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
    if command -v "$python" >/dev/null 2>&1 &&
        "$python" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1; then
        command -v "$python"
        exit 0
    fi
done
echo "No Python 3.11, 3.12 or 3.13 with venv was found. Install one (Debian: python3 python3-venv), or name it: make env PYTHON=/path/to/python" >&2
exit 1
