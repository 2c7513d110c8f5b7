#!/bin/sh
# Makes a blank board a gate from what lies on its card, and says in one line how far it came (in
# /var/log/cloud-init-output.log).
# cloud-init's user-data runs it once; it can be run again by hand, and does what is left.
#
#   /boot/firmware/scenic-gate/*.tar       the release, as packed for this kind of board
#   /boot/firmware/scenic-gate/token       one line of `fleet-manager gate invite`; removed when used
#   /boot/firmware/scenic-gate/gate.conf   BOARD=raspberry-pi-5 TURNSTILE=tripod-contact, a line each
set -eu

CARD=${CARD:-/boot/firmware/scenic-gate}
COPY=/var/tmp/scenic-gate-release
SETTINGS=/etc/scenic-gate

end() { # STATUS TEXT
    printf 'scenic-gate: %s\n' "$2"
    exit "$1"
}

ls "$CARD"/*.tar >/dev/null 2>&1 || end 0 "no release on the card: waiting for the playbook"
rm -rf "$COPY"
mkdir -p "$COPY"
for pack in "$CARD"/*.tar; do
    tar -C "$COPY" -xf "$pack" || end 1 "$pack is damaged: copy it again"
done
python3 "$COPY/install.pyz" --role board "$COPY" || end 1 "the release could not be installed, see above"

files=$COPY/packages/gate_agent/firmware_config
install -d -m 755 /etc/sysusers.d /etc/systemd/journald.conf.d /etc/systemd/system.conf.d "$SETTINGS"
install -m 644 "$files/systemd/sysusers.conf" /etc/sysusers.d/scenic-gate.conf
systemd-sysusers /etc/sysusers.d/scenic-gate.conf
install -m 644 "$files/70-scenic-gate.rules" /etc/udev/rules.d/
install -m 644 "$files/systemd/journald.conf" /etc/systemd/journald.conf.d/60-scenic-gate.conf
install -m 644 "$files/systemd/watchdog.conf" /etc/systemd/system.conf.d/60-scenic-gate.conf
install -m 644 "$files/gate-agent.service" /etc/systemd/system/
install -d -m 700 -o scenic-gate -g scenic-gate "$SETTINGS/identity" /var/lib/scenic-gate
ln -sf /opt/scenic-gate/bin/gate-agent /usr/local/bin/gate-agent
rm -rf "$COPY"
udevadm control --reload 2>/dev/null || true

if [ ! -f "$SETTINGS/identity/key.pem" ]; then
    [ -f "$CARD/token" ] || end 0 "installed; no token on the card: waiting for the playbook"
    runuser -u scenic-gate -- /opt/scenic-gate/bin/gate-agent enrol - <"$CARD/token" ||
        end 1 "not enrolled, see above; put a new token on the card, then: sudo sh $CARD/first-boot.sh"
    rm -f "$CARD/token"
fi
if [ ! -f "$SETTINGS/gate.toml" ]; then
    BOARD='' TURNSTILE='' SCANNER='' TIME_ZONE=$(cat /etc/timezone 2>/dev/null || echo UTC)
    # shellcheck source=/dev/null
    . "$CARD/gate.conf" || end 1 "no $CARD/gate.conf: it says BOARD= and TURNSTILE="
    gate-agent profile make --board "$BOARD" --turnstile "$TURNSTILE" --time-zone "$TIME_ZONE" \
        ${SCANNER:+--scanner "$SCANNER"} --out "$SETTINGS/gate.toml" || end 1 "no gate.toml, see above"
    chmod 644 "$SETTINGS/gate.toml"
fi
systemctl daemon-reload
systemctl enable --now gate-agent || end 1 "the daemon does not start: journalctl -u gate-agent"
end 0 "this board is a gate; the playbook does the rest (firewall, updates)"
