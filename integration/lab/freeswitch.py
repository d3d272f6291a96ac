"""A running FreeSWITCH of its own, from an installation that is there: configured, started, ended by its process id."""

import random
import re
import socket
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from . import tones
from .book import SwitchFailed
from .deadline import TooLate, free_port, wait_until
from .eventsocket import EventSocket, Watcher

CONFIGURATION = Path(__file__).resolve().parent.parent / "freeswitch"
RTP_PORTS = 400
PASSWORD = "lab"
FOLDERS = ("log", "run", "db", "storage", "cache", "recordings", "temp", "certs", "scripts", "htdocs")
HARMLESS = str.maketrans("{}[]\r\n\0", "()()   ")

# Modules that an installation may lack: scenarios that need one ask `has`.
OPTIONAL = ("mod_tone_stream", "mod_httapi", "mod_http_cache", "mod_say_en", "mod_flite")

# The sounds that scenarios name as Asterisk does.
SOUNDS = {
    "number": "ivr/ivr-number.wav",
    "auth-thankyou": "ivr/ivr-thank_you.wav",
    "please-try-again": "ivr/ivr-please_try_again.wav",
    "sorry": "ivr/ivr-im_sorry.wav",
    "privacy-prompt": "ivr/ivr-please_enter_the_phone_number.wav",
    "vm-password": "ivr/ivr-please_enter_pin_followed_by_pound.wav",
    "vm-enter-num-to-call": "ivr/ivr-please_enter_extension_followed_by_pound.wav",
    "pbx-invalid": "ivr/ivr-you_have_dialed_an_invalid_extension.wav",
    "vm-goodbye": "voicemail/vm-goodbye.wav",
}

# With what FreeSWITCH says 0 to 3: the pitches of sounds of the library, and shorter.
DIGITS = {f"digits/{digit}": name for digit, name in enumerate(("ask", "ask_more", "pin", "matched"))}


class FreeSwitch:
    """One switch in one folder. `samples` is the text of a dialplan that its own dialplan includes."""

    kind = "freeswitch"
    hands_over = "socket"  # the application that hands a call to the daemon
    remarks = "log"  # the one with which the lab's dialplan says what it sees

    def __init__(self, prefix, run, samples, callee_port):
        self._prefix, self._run = Path(prefix), Path(run)
        self._modules = self._prefix / "lib/freeswitch/mod"
        self.sip_port = free_port(socket.SOCK_DGRAM)
        self._event_port = free_port()
        self._write_configuration(samples, callee_port)
        self._process = None
        self.channels = None

    def another(self, run, samples):
        """One more, in a folder of its own."""
        return FreeSwitch(self._prefix, run, samples, free_port(socket.SOCK_DGRAM))

    def start(self):
        """Starts it and returns when it takes calls."""
        with open(self._run / "log/console", "wb") as console:
            self._process = subprocess.Popen(
                self._program(), stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True
            )
        try:
            wait_until(self._takes_calls, 30, "FreeSWITCH to take calls", every=0.1)
            self.channels = Watcher(self._event_port, PASSWORD)
        except (TooLate, EOFError) as reason:
            raise SwitchFailed("\n".join([str(reason), *self.last_log(20)])) from reason

    def stop(self):
        """Ends it; calls under way are hung up."""
        if self.channels:
            self.channels.close()
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def command(self, line):
        """The answer to a command of its command line."""
        connection = EventSocket(self._event_port, PASSWORD)
        try:
            return connection.ask(f"api {line}")
        finally:
            connection.close()

    @property
    def runs_commands(self):
        """Whether a dialplan could run a command of the machine, so that an attack would show."""
        return "dialscript" in self.command("system echo dialscript")

    def has(self, module):
        """Whether a module is installed that not every installation has."""
        return (self._modules / f"{module}.so").is_file()

    @property
    def version(self):
        """For example 1.10.12."""
        return re.search(r"Version (\S+)", self.command("version"))[1]

    @property
    def log(self):
        """The text of its log."""
        file = self._run / "log/full"
        return file.read_text(errors="replace") if file.exists() else ""

    def last_log(self, count, about=""):
        """The last lines of its log, of one channel's if a name is given."""
        channel = self.channels and self.channels.named(about)
        about = channel.unique_id if channel else about
        return [line for line in self.log.splitlines() if about in line][-count:]

    @staticmethod
    def keys_of(channel):
        """The keys that it has taken from a caller, as its events tell."""
        return channel.keys

    @staticmethod
    def heard(call, name, first=None):
        """Where a call heard a sound of the switch, or None. Here these are tones too, so their beginning will do."""
        return next((sound for sound in call.heard() if sound.name == {**SOUNDS, **DIGITS}[name]), None)

    @staticmethod
    def sound_name(name):
        """What a script calls this sound."""
        return f"switch:{SOUNDS[name]}"

    @staticmethod
    def daemon_address(authority):
        """How its dialplan writes where the daemon is."""
        return authority

    @staticmethod
    def script_call(script, words="async full", variables=()):
        """A script, its arguments and how it is called, as the lab's dialplan wants them: headers of the caller."""
        name, _, query = script.partition("?")
        arguments = [(f"dialscript_arg_{argument}", value) for argument, value in parse_qsl(query)]
        assignments = ["lab=1", *(f"{name}={value}" for name, value in [*arguments, *variables])]
        return [("X-Script", name), ("X-Socket", words), ("X-Variables", f"^^;{';'.join(assignments)}")]

    @staticmethod
    def kept(text):
        """What a variable holds of a text from outside: FreeSWITCH evaluates braces and brackets wherever they are."""
        return text.translate(HARMLESS)

    @staticmethod
    def caller_name(name):
        """What it knows of a caller's name: as SIP quotes it, made harmless. And its events, by which the daemon learns
        it, do not tell a percent sign that was there from one of their own."""
        return unquote(name.replace("\\", "\\\\").replace('"', '\\"').replace("${", "%{"))

    def _takes_calls(self):
        if self._process.poll() is not None:
            raise TooLate(f"FreeSWITCH ended with {self._process.returncode}")
        return "RUNNING" in self.command("sofia status")

    def _program(self):
        """In the foreground, and nowhere outside its folder."""
        folders = [part for name in FOLDERS for part in (f"-{name}", str(self._run / name))]
        return [
            str(self._prefix / "bin/freeswitch"), "-nonat", "-nonatmap", "-nf", "-nc", "-conf", str(self._run / "conf"),
            *folders, "-sounds", str(self._run / "sounds"), "-mod", str(self._modules),
        ]

    def _write_configuration(self, samples, callee_port):
        for folder in (*FOLDERS, "conf", "music", "sounds/ivr/8000", "sounds/voicemail/8000", "sounds/digits/8000"):
            (self._run / folder).mkdir(parents=True)
        tones.write(self._run / "music/tone.wav", tones.MUSIC)
        for name, tone in tones.FREESWITCH.items():
            folder, file = name.split("/")
            tones.write(self._run / "sounds" / folder / "8000" / file, tone)
        for digit, name in enumerate(DIGITS.values()):
            tones.write(self._run / f"sounds/digits/8000/{digit}.wav", tones.Tone(tones.LIBRARY[name].pitch, 0.3))
        rtp = random.randrange(10000, 30000, 2)
        values = {
            "RUN": self._run, "SIP_PORT": self.sip_port, "EVENT_PORT": self._event_port, "CALLEE_PORT": callee_port,
            "RTP_FIRST": rtp, "RTP_LAST": rtp + RTP_PORTS,
            "INSTALLED": "".join(f'<load module="{name}"/>' for name in OPTIONAL if self.has(name)),
        }
        for source in CONFIGURATION.glob("*.xml"):
            text = re.sub(r"@([A-Z_]+)@", lambda name: str(values[name[1]]), source.read_text())
            (self._run / "conf" / source.name).write_text(text)
        (self._run / "conf/samples.xml").write_text(samples)
