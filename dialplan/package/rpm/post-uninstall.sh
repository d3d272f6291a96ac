# $1 is 0 for a removal and 1 for an upgrade, which restarts a service that runs.
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload || :
    if [ "$1" != 0 ]; then
        systemctl try-restart dialscript.service || :
    fi
fi
exit 0
