#!/bin/sh
# Shows the gate's local page full screen on this board, and goes on for ever. Run it as a user in
# the group scenic-gate, within a session that has a screen: `cage -- gate-page-kiosk.sh`.
# The first word is the page: nothing for the handheld, monitor for a lane's visitors.
set -eu

LINK=${LINK:-/run/scenic-gate/page.url}
BROWSER=${BROWSER:-chromium}

until [ -r "$LINK" ]; do sleep 1; done
page=$(cat "$LINK")
case ${1:-} in
    '') ;;
    *) page="${page%%/#*}/$1#${page##*#}" ;;
esac
exec "$BROWSER" --kiosk --no-first-run --noerrdialogs --disable-translate --disable-sync \
    --disable-background-networking --disable-component-update --disable-pinch \
    --overscroll-history-navigation=0 --incognito "$page"
