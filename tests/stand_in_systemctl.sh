#!/bin/sh
# What a page's lines need of systemctl where no systemd runs: a unit's account, folders, environment and command.
set -eu
verb=$1
[ "$verb" != enable ] || shift # --now
unit=${2-}
pid=/run/$unit.pid

said() { sed -n "s/^$1=//p" "/etc/systemd/system/$unit.service"; }

run() {
    for kind in StateDirectory:/var/lib CacheDirectory:/var/cache; do
        install --directory --owner "$(said User)" --group "$(said Group)" --mode 700 "${kind#*:}/$(said "${kind%:*}")"
    done
    umask "$(said UMask)"
    cd "$(said WorkingDirectory)"
    # shellcheck disable=SC2046 # the lists are split into words
    env --ignore-environment PATH="$PATH" LANG=C.UTF-8 $(said Environment) \
        setpriv --reuid "$(said User)" --regid "$(said Group)" --init-groups --no-new-privs --bounding-set=-all \
        $(said ExecStart) </dev/null >>"/var/log/$unit.journal" 2>&1 &
    echo $! >"$pid"
    wait $! || true
    rm "$pid"
}

case $verb in
daemon-reload) ;;
reload) nginx -s reload 2>/dev/null || nginx ;;
stop)
    kill "$(cat "$pid")"
    while [ -e "$pid" ]; do sleep 0.1; done
    ;;
enable | start) setsid "$0" run "$unit" </dev/null >/dev/null 2>&1 & ;;
run) run ;;
esac
