"""A running Asterisk of its own: configured, started, ended by its own process id."""

import random
import re
import socket
import subprocess
import tempfile
from pathlib import Path

from . import debian, tones
from .book import SwitchFailed
from .deadline import TooLate, free_port
from .manager import Manager

CONFIGURATION = Path(__file__).resolve().parent.parent / "asterisk"
SUITES = ["sid", "bullseye"]  # of Debian: the newest Asterisk, and 16
RTP_PORTS = 400
NOISE = ("Executing [", "DTMF begin", "DTMF end passthrough")

# Asterisk warns or refuses to boot without these, and they need say nothing.
EMPTY = (
    "acl", "ccss", "cdr", "cel", "codecs", "features", "http", "indications", "pjproject",
    "res_http_media_cache", "http_media_cache", "sorcery", "stasis", "udptl",
)


class Asterisk:
    """One switch in one folder. `samples` is the text of a dialplan that its own dialplan includes."""

    kind = "asterisk"
    hands_over = "AGI"  # the application that hands a call to the daemon
    remarks = "NoOp"  # the one with which the lab's dialplan says what it sees

    def __init__(self, root, run, samples, callee_port):
        self._root, self._run = Path(root), Path(run)
        self.sip_port = free_port(socket.SOCK_DGRAM)
        self._manager_port = free_port()
        # The path of a fetched sound must be shorter than its URL, or Asterisk does not find it (file.c, filehelper).
        self._fetched = tempfile.TemporaryDirectory(prefix="dialscript-")
        self._modules = next(self._root.glob("usr/lib/**/asterisk/modules"))
        self._write_configuration(samples, callee_port)
        self._process = None
        self.channels = None

    def another(self, run, samples):
        """One more, in a folder of its own."""
        return Asterisk(self._root, run, samples, free_port(socket.SOCK_DGRAM))

    def start(self):
        """Starts it and returns when it takes calls."""
        with open(self._run / "log/console", "wb") as console:
            self._process = subprocess.Popen(
                [*self._program(), "-f", "-n"], stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                start_new_session=True,
            )
        try:
            self.channels = Manager(self._manager_port, "lab", "lab")
        except TooLate as reason:
            raise SwitchFailed(f"{reason}:\n{(self._run / 'log/console').read_text()}") from reason
        if not self.channels.booted.wait(20):
            raise SwitchFailed("it did not boot:\n" + "\n".join(self.last_log(20)))

    def stop(self):
        """Ends it; calls under way are hung up."""
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

    def command(self, line):
        """The answer to a command of its command line."""
        return subprocess.run(
            [*self._program(), "-rx", line], capture_output=True, text=True, timeout=10, check=False
        ).stdout

    @property
    def runs_commands(self):
        """Whether a dialplan could run a command of the machine, so that an attack would show."""
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
        """The last lines of its log, of one channel's if a name is given; without what the manager tells better."""
        lines = (line for line in self.log.splitlines() if about in line)
        return [line for line in lines if not any(noise in line for noise in NOISE)][-count:]

    def keys_of(self, channel):
        """The keys that it has taken from a caller, as its log tells (channel.c, __ast_read)."""
        return "".join(re.findall(rf"DTMF end '(.)' received on {re.escape(channel.name)},", self.log))

    def sound(self, name):
        """The file of a sound that it brings along."""
        return self._root / f"usr/share/asterisk/sounds/en/{name}.wav"

    def heard(self, call, name, first=None):
        """Where a call heard a sound of the switch (or something of its first seconds), or None."""
        return call.found(self.sound(name), first)

    @staticmethod
    def sound_name(name):
        """What a script calls this sound."""
        return f"switch:{name}"

    @staticmethod
    def daemon_address(authority):
        """How its dialplan writes where the daemon is."""
        return f"agi://{authority}"

    @staticmethod
    def script_call(script):
        """A script and its arguments as the lab's dialplan wants them: headers of the caller."""
        return [("X-Script", script)]

    @staticmethod
    def caller_name(name):
        """What it knows of a caller's name: all of it."""
        return name

    @staticmethod
    def kept(text):
        """What a variable holds of a text from outside: a line break would end the line of AGI."""
        return text.translate({ord(sign): " " for sign in "\r\n\0"})

    def _program(self):
        return [*debian.program(self._root, "usr/sbin/asterisk"), "-C", str(self._run / "etc/asterisk.conf")]

    def _write_configuration(self, samples, callee_port):
        for folder in ("etc", "lib", "spool", "log", "run", "music"):
            (self._run / folder).mkdir(parents=True)
        tones.write(self._run / "music/tone.wav", tones.MUSIC)
        rtp = random.randrange(10000, 30000, 2)
        values = {
            "ROOT": self._root, "RUN": self._run, "MODULES": self._modules, "SIP_PORT": self.sip_port,
            "MANAGER_PORT": self._manager_port, "CALLEE_PORT": callee_port, "RTP_FIRST": rtp,
            "RTP_LAST": rtp + RTP_PORTS, "FETCHED": self._fetched.name,
        }
        for source in CONFIGURATION.glob("*.conf"):
            text = re.sub(r"@([A-Z_]+)@", lambda name: str(values[name[1]]), source.read_text())
            (self._run / "etc" / source.name).write_text(text)
        for name in EMPTY:
            (self._run / f"etc/{name}.conf").write_text("")
        (self._run / "etc/samples.conf").write_text(samples)
