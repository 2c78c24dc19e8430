#!/bin/sh
# Run the whole suite: window tests and all others side by side, each on a virtual screen of its own.
#
#   sh tools/test.sh PYTHON [TEST ...]
#
# With tests named, or on a single processor, there is one run.
python=$1
shift
if [ $# -gt 0 ] || [ "$("$python" -c 'import os; print(os.cpu_count())')" -lt 2 ]; then
    exec sh tools/virtual_screen.sh "$python" -m pytest "$@"
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
sh tools/virtual_screen.sh "$python" -m pytest --ignore=tests/gui >"$log" 2>&1 &
others=$!
sh tools/virtual_screen.sh "$python" -m pytest tests/gui
windows=$?
wait "$others"
rest=$?
cat "$log"
[ "$windows" -eq 0 ] && [ "$rest" -eq 0 ]
