# $1 is 1 for an installation and 2 for an upgrade.
systemd-sysusers dialscript.conf || :
systemd-tmpfiles --create dialscript.conf || :
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload || :
fi
for switch in asterisk freeswitch; do
    if id "$switch" >/dev/null 2>&1 && ! id -Gn "$switch" | grep -qw dialscript; then
        echo "dialscript: $switch cannot read the sounds yet. To allow it, run:"
        echo "    usermod -aG dialscript $switch && systemctl restart $switch"
    fi
done
if [ "$1" = 1 ]; then
    echo "dialscript: to start the service, now and at each boot, run:"
    echo "    systemctl enable --now dialscript"
fi
exit 0
