"""The switch and the daemon are different users: who can read the sounds, and what the log says if the switch cannot."""

import json
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from lab import host, speech
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


LISTENS = """
    [prompt]
    play = "ask_more"
    [speech]
    language = "en"
    [otherwise]
    then = "continue"
    [no_input]
    then = "continue"
"""


class TwoUsers:
    """A switch and a daemon with users of their own. `folder` is shared: it has this mode and the daemon's group.
    `prepare` configures the lab."""

    def __init__(self, lab, folder, mode, prepare):
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
        self._switch, self._started = None, 0
        self.shared = self.lab.folder / folder
        self.shared.mkdir()
        prepare(self.lab)
        self.lab.daemon.launcher = launcher(self.daemon, [])
        give(self.lab.daemon.folders, self.daemon)
        self.shared.chmod(mode)

    def start_switch(self, groups):
        """Starts a switch whose user is also in these groups, instead of the one before. The next calls are made on
        it."""
        if self._switch:
            self._switch.stop()
        self._started += 1
        switch = self._base.switch.another(self.folder / f"switch-{self._started}", "")
        self._switch = switch
        switch.launcher = launcher(self.user, groups)
        give(switch.folders, self.user)
        # The program itself belongs to root, as an installed one does.
        switch.name_process()
        switch.start()
        self.lab.switch = switch

    def command(self, rights):
        """The command that the log must name for the user of the switch."""
        user = f"u:{SWITCH_USER}:{rights}"
        return f"setfacl -R -m {user},d:{user} {self.shared}"

    def give_rights(self, line, rights):
        """Runs the command in this line of the log, as an administrator does."""
        expect(f"the command in {line}", self.command(rights) in json.dumps(line), True)
        subprocess.run(self.command(rights), shell=True, check=True, timeout=10)

    def warnings(self, message):
        """The lines of the daemon's log with this message."""
        lines = (json.loads(line) for line in self.lab.daemon.log.splitlines() if line.startswith("{"))
        return [line for line in lines if line.get("message", line.get("fields", {}).get("message")) == message]

    def check(self):
        """The warnings of `dialscript check`."""
        file = self.lab.folder / "dialscript.toml"
        checked = subprocess.run(
            [self.lab.daemon.binary, "check", "--config", file], capture_output=True, text=True, timeout=10, check=True
        )
        return checked.stderr

    def close(self):
        """Stops everything."""
        self.lab.close()
        if self._switch:
            self._switch.stop()
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
    "a switch with another user plays no sound, the log names file, user and command, and after the command the next "
    "prompt is heard without a restart", long=True, needs=host.needs_access_lists,
)
def reads_sounds(lab):
    def prepare(inner):
        inner.configure_speech(say=inner.synthesizer().engine())
        inner.script("says", SCRIPT)
        inner.script("says-more", SCRIPT.replace("Hello", "Goodbye"))

    users = TwoUsers(lab, "cache", 0o2750, prepare)
    users.start_switch([])
    call = users.lab.call("says")
    call.wait_until_over()
    expect("heard without rights", [sound.name for sound in call.heard()], [])
    for message in ("the switch can't play a sound", "the switch can't use a folder of the daemon"):
        users.lab.daemon.wait_for_log(message)
        lines = users.warnings(message)
        for part in (users.command("rX"), f"user {SWITCH_USER} ", "/daemon/cache"):
            expect(f"{part!r} is in {lines[0]}", part in json.dumps(lines[0]), True)
    expect("the command in the output of check", users.command("rX") in users.check(), True)
    users.give_rights(lines[0], "rX")
    # The first sound exists, the other is made after the command.
    for number, (script, words) in enumerate({"says": "say hello", "says-more": "say goodbye"}.items(), 2):
        call = users.lab.call(script)
        call.hear(words)
        call.wait_until_over()
        wait_until(lambda: len(users.lab.daemon.calls) == number, 5, f"{number} calls in the log")
    expect("the command in the output of check", "setfacl" in users.check(), False)
    expect("silent sounds", len(users.warnings("the switch can't play a sound")), 1)


@scenario(
    "a switch with another user writes no recording, the log names folder, user and command, and after the command the "
    "daemon reads and deletes the next recording", long=True, needs=host.needs_access_lists,
)
def writes_recordings(lab):
    def prepare(inner):
        recognizer = inner.recognizer()
        recognizer.set_result("hello")
        inner.configure_speech(listen=recognizer.engine())
        inner.script("listens", LISTENS)

    users = TwoUsers(lab, "recordings", 0o2770, prepare)
    users.start_switch([])
    call = users.lab.call("listens")
    call.wait_until_over(20)
    wait_until(lambda: users.warnings("speech recognition failed"), 5, "the warning")
    line = users.warnings("speech recognition failed")[-1]
    denied = f"user {SWITCH_USER} cannot write to the folder {users.shared}"
    expect(f"{denied!r} is in {line}", denied in json.dumps(line), True)
    users.give_rights(line, "rwX")
    call = users.lab.call("listens")
    call.media.loop(speech.ROOM)
    call.hear_whole("ask_more")
    call.say(speech.spoken("hello"))
    call.wait_until_over(20)
    call.expect_variables("otherwise", input="hello")
    wait_until(lambda: not users.lab.recordings, 5, "the recording to be deleted")
