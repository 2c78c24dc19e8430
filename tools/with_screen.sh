#!/bin/sh
# Open the window on a sample. Where there is no screen do the same on a virtual one, and end with
# the absolute paths of a picture of the window and of the exported GIF.
# usage: with_screen.sh FOLDER PYTHON
set -eu
out="$1"
python="$2"
if [ "$(uname -s)" != Linux ] || [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec "$python" -m voxviewer sample:waving-hand
fi
mkdir -p "$out"
exec sh "$(dirname "$0")/virtual_screen.sh" "$python" -m voxviewer open sample:waving-hand \
    --screenshot "$out/window.png" --gif "$out/maps.gif" --engine both --height 64 --width 64
