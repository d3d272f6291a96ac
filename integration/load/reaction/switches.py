"""The switches, set up as for work: without the lab's logs and observers, which would cost more than the calls."""

import re
from pathlib import Path

from lab.asterisk import Asterisk
from lab.channel import SwitchFailed
from lab.deadline import WaitTimeout, wait_until
from lab.freeswitch import FreeSwitch

from .processes import Program

HERE = Path(__file__).resolve().parent


class QuietAsterisk(Asterisk):
    """An Asterisk without a manager interface that logs only warnings."""

    def __init__(self, root, run):
        super().__init__(root, run, "", 9)

    def configure(self, sounds, web, daemon):
        """Writes its dialplan, for sounds in this folder and for a web application and a daemon at these addresses."""
        etc = self._run / "etc"
        values = {"SOUNDS": sounds, "WEB": web, "DAEMON": daemon, "PROGRAM": HERE / "agi_process.py"}
        (etc / "extensions.conf").write_text(filled(HERE / "extensions.conf", values))
        (etc / "logger.conf").write_text("[logfiles]\nfull => notice,warning,error\n")
        (etc / "manager.conf").write_text("[general]\nenabled = no\n")
        replace(etc / "asterisk.conf", "verbose = 4", "verbose = 0")
        replace(etc / "pjsip.conf", "context = lab-entry", "context = calls")
        with open(etc / "modules.conf", "a") as modules:
            modules.write("".join(f"load = {name}.so\n" for name in ("app_read", "func_curl", "func_json")))

    def start(self):
        """Starts it and returns when it accepts calls."""
        self._launch()
        try:
            wait_until(self._booted, 20, "Asterisk to boot", every=0.1)
        except WaitTimeout as reason:
            raise SwitchFailed("\n".join([str(reason), *self.last_log(20)])) from reason

    def _booted(self):
        if self._process.poll() is not None:
            raise WaitTimeout(f"Asterisk exited with {self._process.returncode}")
        try:
            return "fully booted" in self.command("core waitfullybooted")
        except SwitchFailed:
            return False

    def missing(self, way):
        """Why it cannot play a way; None if it can."""

    @property
    def helpers(self):
        """Further processes whose CPU time counts. AGI programs are children of Asterisk and are counted with it."""
        return []


class QuietFreeSwitch(FreeSwitch):
    """A FreeSWITCH whose event socket nobody listens to, and that logs only warnings."""

    def __init__(self, prefix, run):
        super().__init__(prefix, run, "<include/>", 9)
        self._server = None

    def configure(self, sounds, web, daemon):
        """Writes its dialplan, for sounds in this folder and for a web application and a daemon at these addresses."""
        self._server = Program(HERE / "outbound_server.py", sounds, web)
        values = {"SOUNDS": sounds, "WEB": web, "DAEMON": daemon, "SERVER": f"127.0.0.1:{self._server.port}"}
        conf = self._run / "conf"
        (conf / "dialplan.xml").write_text(filled(HERE / "dialplan.xml", values))
        settings = conf / "configuration.xml"
        replace(settings, 'name="loglevel" value="debug"', 'name="loglevel" value="warning"')
        replace(settings, "debug,info,notice,warning,err,crit,alert", "warning,err,crit,alert")
        replace(settings, 'name="context" value="lab-entry"', 'name="context" value="calls"')
        if self.has("mod_curl"):
            replace(settings, '<load module="mod_expr"/>', '<load module="mod_expr"/><load module="mod_curl"/>')

    def start(self):
        """Starts it and returns when it accepts calls."""
        self._launch()
        try:
            wait_until(self._accepts_calls, 30, "FreeSWITCH to accept calls", every=0.1)
        except (WaitTimeout, EOFError) as reason:
            raise SwitchFailed("\n".join([str(reason), *self.last_log(20)])) from reason

    def stop(self):
        """Stops it and the server in Python."""
        super().stop()
        if self._server:
            self._server.close()

    @property
    def helpers(self):
        """The processes that play the way `python`."""
        return [self._server.pid]

    def missing(self, way):
        """Why it cannot play a way; None if it can."""
        return "mod_curl is not installed" if way == "dialplan" and not self.has("mod_curl") else None


def filled(file, values):
    """The text of a file with its @NAMES@ replaced."""
    return re.sub(r"@([A-Z]+)@", lambda name: str(values[name[1]]), file.read_text())


def replace(file, old, new):
    """Replaces a text in a file, which must have it."""
    text = file.read_text()
    if old not in text:
        raise AssertionError(f"{file} has no {old!r}")
    file.write_text(text.replace(old, new))
