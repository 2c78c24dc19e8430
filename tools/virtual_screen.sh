#!/bin/sh
# Run a command on a virtual screen of its own, so that tests and pictures are the same everywhere.
# Without Xvfb (macOS) the command runs as it is.
if [ "$(uname -s)" = Linux ] && command -v xvfb-run >/dev/null 2>&1; then
    export QT_QPA_PLATFORM=xcb LIBGL_ALWAYS_SOFTWARE=1
    unset WAYLAND_DISPLAY
    exec xvfb-run --auto-servernum --server-args="-screen 0 1920x1200x24 -dpi 96" "$@"
fi
if [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    export QT_QPA_PLATFORM=offscreen
fi
exec "$@"
