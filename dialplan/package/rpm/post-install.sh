# $1 is 1 for an installation and 2 for an upgrade.
systemd-sysusers dialscript.conf || :
systemd-tmpfiles --create dialscript.conf || :
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload || :
fi
# An access control list, since Asterisk with `-G` and FreeSWITCH with `-g` have no other groups than this one.
for switch in asterisk freeswitch; do
    if id "$switch" >/dev/null 2>&1 && ! getfacl -cp /var/cache/dialscript 2>/dev/null | grep -q "^user:$switch:"; then
        echo "dialscript: to let $switch use the sounds and recordings, run:"
        echo "    setfacl -R -m u:$switch:rwX,d:u:$switch:rwX /var/cache/dialscript /var/spool/dialscript"
    fi
done
if [ "$1" = 1 ]; then
    echo "dialscript: to start the service, now and at each boot, run:"
    echo "    systemctl enable --now dialscript"
fi
exit 0
