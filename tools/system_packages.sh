#!/bin/sh
# Install the libraries that a window and a virtual screen need, where they are missing and this is a
# Debian kind of system on which we may install. Elsewhere say nothing: a desktop has them.
set -u
packages="xvfb xauth libgl1 libegl1 libgl1-mesa-dri libopengl0 libxkbcommon0 libxkbcommon-x11-0
 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0
 libxcb-shape0 libxcb-xinerama0 libxcb-xfixes0 libx11-xcb1 libdbus-1-3 libfontconfig1 libglib2.0-0
 fonts-dejavu-core fonts-inter"
[ "$(uname -s)" = Linux ] && command -v apt-get >/dev/null 2>&1 || exit 0
missing=""
for package in $packages; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" && continue
    # A newer system names some differently (libglib2.0-0t64); what provides the name is enough.
    dpkg-query -W -f='${Provides} ${Status}\n' 2>/dev/null | grep "ok installed" | grep -qw "$package" && continue
    missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "Not installed, for want of the right to:$missing" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq >/dev/null 2>&1
for package in $missing; do
    # One by one: a name that this system does not know must not stop the others.
    $as_root apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 ||
        echo "Could not install $package" >&2
done
exit 0
