"""Runs an Asterisk with its own configuration and folders."""

import random
import re
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from . import debian, tones
from .channel import SwitchFailed
from .deadline import WaitTimeout, free_port
from .manager import Manager

CONFIGURATION = Path(__file__).resolve().parent.parent / "asterisk"
SUITES = ["sid", "bullseye"]  # of Debian: the newest Asterisk, and Asterisk 16
RTP_PORTS = 400
NOISE = ("Executing [", "DTMF begin", "DTMF end passthrough")

# Without these files Asterisk warns or does not boot; they may be empty.
EMPTY = (
    "acl", "ccss", "cdr", "cel", "codecs", "confbridge", "features", "http", "indications", "pjproject", "queues",
    "res_http_media_cache", "http_media_cache", "sorcery", "stasis", "udptl",
)


class Asterisk:
    """An Asterisk in a folder. `samples` is the text of a dialplan that the lab's dialplan includes."""

    kind = "asterisk"
    handover_application = "AGI"  # hands a call to the daemon
    log_application = "NoOp"  # with it the lab's dialplan writes the outcome

    def __init__(self, root, run, samples, callee_port):
        self._root, self._run = Path(root), Path(run)
        self.sip_port = free_port(socket.SOCK_DGRAM)
        self.manager_port = free_port()
        # The path of a fetched sound must be shorter than its URL, or Asterisk does not find it (file.c, filehelper).
        self._fetched = tempfile.TemporaryDirectory(prefix="dialscript-")
        # The path of the control socket may have at most 107 bytes.
        self._sockets = tempfile.TemporaryDirectory(prefix="dialscript-lab-")
        self._modules = next(self._root.glob("usr/lib/**/asterisk/modules"))
        self._write_configuration(samples, callee_port)
        self._process = None
        self.channels = None
        self.launcher = []  # the start of its command line, for example to change the user
        self._loader = None

    def another(self, run, samples, without=None):
        """Another Asterisk of the same installation, in its own folder. The module `without` is not loaded."""
        other = Asterisk(self._root, run, samples, free_port(socket.SOCK_DGRAM))
        if without:
            modules = Path(run) / "etc/modules.conf"
            modules.write_text(modules.read_text().replace(f"load = {without}.so", f"noload = {without}.so"))
        return other

    def start(self):
        """Starts it and returns when it accepts calls."""
        self._launch()
        try:
            self.channels = Manager(self.manager_port, "lab", "lab")
        except WaitTimeout as reason:
            raise SwitchFailed(f"{reason}:\n{(self._run / 'log/console').read_text()}") from reason
        if not self.channels.booted.wait(20):
            raise SwitchFailed("it did not boot:\n" + "\n".join(self.last_log(20)))

    def _launch(self):
        with open(self._run / "log/console", "wb") as console:
            self._process = subprocess.Popen(
                [*self.launcher, *self._program(), "-f", "-n"], stdin=subprocess.DEVNULL, stdout=console,
                stderr=console, start_new_session=True,
            )

    @property
    def pid(self):
        """Its process id."""
        return self._process.pid

    @property
    def folders(self):
        """The folders in which it writes."""
        return [self._run, Path(self._fetched.name), Path(self._sockets.name)]

    def name_process(self):
        """Gives its process and its executable file the name of the installed program. An unpacked one has the name of
        the loader."""
        self._loader = self._run / "asterisk"
        shutil.copy(debian.program(self._root, "usr/sbin/asterisk")[0], self._loader)

    def stop(self):
        """Stops it; calls in progress are hung up."""
        if self.channels:
            self.channels.close()
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._fetched.cleanup()
        self._sockets.cleanup()

    close = stop

    def command(self, line):
        """The output of a CLI command."""
        ran = subprocess.run(
            [*self._program(), "-rx", line], capture_output=True, text=True, timeout=10, check=False
        )
        if "Unable to connect" in ran.stderr + ran.stdout:
            raise SwitchFailed(f"{line}: {ran.stderr or ran.stdout}")
        return ran.stdout

    @property
    def runs_commands(self):
        """Whether a dialplan could run a shell command, so that a successful attack would be noticed."""
        return "SHELL" in self.command("core show function SHELL")

    @property
    def version(self):
        """For example 22.10.1."""
        text = subprocess.run([*self._program(), "-V"], capture_output=True, text=True, check=False).stdout
        return re.search(r"\d+(\.\d+)*", text)[0]

    @property
    def log(self):
        """The text of its log."""
        return (self._run / "log/full").read_text(errors="replace")

    def last_log(self, count, about=""):
        """The last lines of its log that contain `about`, without those that the manager interface reports too."""
        lines = (line for line in self.log.splitlines() if about in line)
        return [line for line in lines if not any(noise in line for noise in NOISE)][-count:]

    def received_digits(self, channel):
        """The digits that it has received from the caller, according to its log (channel.c, __ast_read)."""
        return "".join(re.findall(rf"DTMF end '(.)' received on {re.escape(channel.name)},", self.log))

    def sound(self, name):
        """The file of a sound that is installed with it."""
        return self._root / f"usr/share/asterisk/sounds/en/{name}.wav"

    def find_sound(self, call, name, first=None):
        """The sound of the switch (or a part of its first seconds) in the recording of a call, or None."""
        return call.find_sound(self.sound(name), first)

    @staticmethod
    def sound_name(name):
        """The name of this sound in a script."""
        return f"switch:{name}"

    @staticmethod
    def daemon_address(authority):
        """The address of the daemon as its dialplan writes it."""
        return f"agi://{authority}"

    @staticmethod
    def script_call(script):
        """The SIP headers that tell the lab's dialplan the script and its arguments."""
        return [("X-Script", script)]

    @staticmethod
    def caller_name(name):
        """The caller name that the daemon receives for this SIP display name: the same."""
        return name

    @staticmethod
    def variable_text(text):
        """The value of a variable that was set to this text. A line break would end the line of AGI."""
        return text.translate({ord(sign): " " for sign in "\r\n\0"})

    def _program(self):
        loader, *program = debian.program(self._root, "usr/sbin/asterisk")
        return [str(self._loader or loader), *program, "-C", str(self._run / "etc/asterisk.conf")]

    def _write_configuration(self, samples, callee_port):
        for folder in ("etc", "lib", "spool", "log", "music"):
            (self._run / folder).mkdir(parents=True)
        tones.write(self._run / "music/tone.wav", tones.MUSIC)
        rtp = random.randrange(10000, 30000, 2)
        values = {
            "ROOT": self._root, "RUN": self._run, "MODULES": self._modules, "SIP_PORT": self.sip_port,
            "MANAGER_PORT": self.manager_port, "CALLEE_PORT": callee_port, "RTP_FIRST": rtp,
            "RTP_LAST": rtp + RTP_PORTS, "FETCHED": self._fetched.name, "SOCKETS": self._sockets.name,
        }
        for source in CONFIGURATION.glob("*.conf"):
            text = re.sub(r"@([A-Z_]+)@", lambda name: str(values[name[1]]), source.read_text())
            (self._run / "etc" / source.name).write_text(text)
        for name in EMPTY:
            (self._run / f"etc/{name}.conf").write_text("")
        (self._run / "etc/samples.conf").write_text(samples)
