#!/bin/sh
# Sees to it that the browser tests find a Chromium: one that is there, else Debian's package where this user may install it. Says loudly what it could not.
set -u

for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name" > /dev/null 2>&1; then
        echo "Browser tests use $(command -v "$name")."
        exit 0
    fi
done

if command -v apt-get > /dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing Chromium for the browser tests (Debian's package)…"
    export DEBIAN_FRONTEND=noninteractive
    packages="chromium fonts-liberation"
    # shellcheck disable=SC2086 # two packages, two words
    if apt-get install -y --no-install-recommends $packages > /dev/null 2>&1 \
        || { apt-get update > /dev/null 2>&1 && apt-get install -y --no-install-recommends $packages > /dev/null 2>&1; }; then
        echo "Browser tests use $(command -v chromium)."
        exit 0
    fi
    echo "Installing it failed."
fi

echo "***********************************************************************************************"
echo "*** There is no Chromium here, and it could not be installed. The browser tests WILL BE SKIPPED."
echo "*** Install one (Debian: apt install chromium), or name it: CHROMIUM=/path/to/chromium make test"
echo "***********************************************************************************************"
