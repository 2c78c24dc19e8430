#!/bin/sh
# Run the whole suite: window tests and all others side by side, each on a virtual screen of its own;
# then, on the machine that is quiet again, those marked `alone`, which look at a clock.
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
trap 'cat "$log"; exit 143' INT TERM
sh tools/virtual_screen.sh "$python" -m pytest -m "not alone" --ignore=tests/gui >"$log" 2>&1 &
others=$!
sh tools/virtual_screen.sh "$python" -m pytest -m "not alone" tests/gui
windows=$?
wait "$others"
rest=$?
cat "$log"
sh tools/virtual_screen.sh "$python" -m pytest -m alone tests/gui
quiet=$?
[ "$windows" -eq 0 ] && [ "$rest" -eq 0 ] && [ "$quiet" -eq 0 ]
