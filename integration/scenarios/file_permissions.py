"""The switch and the daemon are different users: who can read the sounds, and what the log says if the switch cannot."""

import json
import os
import pwd
import shutil
import tempfile
from pathlib import Path

from lab.deadline import wait_until
from lab.expect import expect
from lab.lab import Lab
from lab.scenario import scenario

SWITCH_USER, DAEMON_USER = "games", "daemon"  # users of every Debian that nothing runs as
SCRIPT = """
    [prompt]
    say = "Hello."
    [otherwise]
    then = "continue"
"""


class TwoUsers:
    """A switch and a daemon with users of their own. The cached sounds are for the daemon's group only."""

    def __init__(self, lab):
        self._base = lab
        # The folder of the tests may be in a home folder, which these users cannot enter.
        self.folder = Path(tempfile.mkdtemp(prefix="dialscript-users-"))
        self.folder.chmod(0o755)
        binary = self.folder / "dialscript"
        shutil.copy(lab.daemon.binary, binary)
        lab.close_at_end(self)
        self.lab = Lab(lab.switch, binary, self.folder / "daemon")
        self.daemon = pwd.getpwnam(DAEMON_USER)
        self.user = pwd.getpwnam(SWITCH_USER)
        self._switches = []
        cache = self.lab.folder / "cache"
        cache.mkdir()
        self.lab.configure_speech(say=self.lab.synthesizer().engine())
        self.lab.script("says", SCRIPT)
        self.lab.daemon.launcher = launcher(self.daemon, [])
        give(self.lab.daemon.folders, self.daemon)
        cache.chmod(0o2750)

    def start_switch(self, groups):
        """Starts a switch whose user is also in these groups. The next calls are made on it."""
        folder = self.folder / f"switch-{len(self._switches)}"
        switch = self._base.switch.another(folder, "")
        self._switches.append(switch)
        switch.launcher = launcher(self.user, groups)
        switch.name_process()
        give(switch.folders, self.user)
        switch.start()
        self.lab.switch = switch

    def warnings(self, message):
        """The lines of the daemon's log with this message."""
        lines = (json.loads(line) for line in self.lab.daemon.log.splitlines() if line.startswith("{"))
        return [line for line in lines if line.get("message", line.get("fields", {}).get("message")) == message]

    def close(self):
        """Stops everything."""
        self.lab.close()
        for switch in self._switches:
            switch.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def launcher(user, groups):
    """The start of a command line that changes the user."""
    more = ["--groups", ",".join(map(str, groups))] if groups else ["--clear-groups"]
    return ["setpriv", "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), *more]


def give(folders, user):
    """Makes everything in these folders the property of a user."""
    for folder in folders:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


@scenario(
    "a switch outside of the daemon's group plays no sound, the log names file, user and command, and with the group "
    "the prompt is heard", long=True, needs_root=True,
)
def group(lab):
    users = TwoUsers(lab)
    users.start_switch([])
    call = users.lab.call("says")
    call.wait_until_over()
    expect("heard without the group", [sound.name for sound in call.heard()], [])
    kind = lab.switch.kind
    command = f"usermod -aG {DAEMON_USER} {SWITCH_USER} && systemctl restart {kind}"
    for message in ("the switch can't play a sound", "the switch can't use a folder of the daemon"):
        lines = users.warnings(message)
        if not lines:
            raise AssertionError(f"no line {message!r} in the log")
        for part in (command, f"user {SWITCH_USER} ", "/daemon/cache"):
            expect(f"{part!r} is in {lines[0]}", part in json.dumps(lines[0]), True)
    users.start_switch([users.daemon.pw_gid])
    call = users.lab.call("says")
    call.hear("say hello")
    call.wait_until_over()
    wait_until(lambda: len(users.lab.daemon.calls) == 2, 5, "two calls in the log")
    expect("silent sounds", len(users.warnings("the switch can't play a sound")), 1)
