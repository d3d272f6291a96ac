"""Runs an installed FreeSWITCH with its own configuration and folders."""

import os
import random
import re
import socket
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from . import tones
from .channel import SwitchFailed
from .deadline import WaitTimeout, free_port, wait_until
from .eventsocket import EventSocket, Watcher

CONFIGURATION = Path(__file__).resolve().parent.parent / "freeswitch"
RTP_PORTS = 400
MUSIC_REPEATS = 40  # of a tone of 30 s: 20 minutes
PASSWORD = "lab"
FOLDERS = ("log", "run", "db", "storage", "cache", "recordings", "temp", "certs", "scripts", "htdocs")
HARMLESS = str.maketrans("{}[]\r\n\0", "()()   ")

# Modules that an installation may lack; scenarios that need one check `has`.
OPTIONAL = ("mod_tone_stream", "mod_httapi", "mod_http_cache", "mod_say_en", "mod_flite")

# The sounds of FreeSWITCH for the names of Asterisk's sounds that scenarios use.
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

# The sounds of the digits 0 to 3: the pitches of these sounds of the library, but shorter.
DIGITS = {f"digits/{digit}": name for digit, name in enumerate(("ask", "ask_more", "pin", "matched"))}

# The sounds of star and pound, by their names in Asterisk: a file, and the pitch of this sound of the library.
SIGNS = {"digits/star": ("ascii/8000/42.wav", "unreachable"), "digits/pound": ("ascii/8000/35.wav", "welcome")}

# The same for the sounds of a date.
DATES = {
    "digits/day-3": ("time/8000/day-3.wav", "welcome"),
    "digits/mon-11": ("time/8000/mon-11.wav", "sorry"),
    "digits/h-2": ("digits/8000/h-2.wav", "silent"),
    "digits/a-m": ("time/8000/a-m.wav", "unreachable"),
}

# The sound of the library that is played for each digit in German.
GERMAN_DIGIT = "welcome"


def has_prefix(say):
    """Whether FREESWITCH_PREFIX names an installation. Reports that FreeSWITCH is left out if it does not."""
    if os.environ.get("FREESWITCH_PREFIX"):
        return True
    say("left out: FreeSWITCH: FREESWITCH_PREFIX is not set")
    return False


class FreeSwitch:
    """A FreeSWITCH in a folder. `samples` is the text of a dialplan that the lab's dialplan includes."""

    kind = "freeswitch"
    handover_application = "socket"  # hands a call to the daemon
    log_application = "log"  # with it the lab's dialplan writes the outcome

    def __init__(self, prefix, run, samples, callee_port):
        self._prefix, self._run = Path(prefix), Path(run)
        self._modules = self._prefix / "lib/freeswitch/mod"
        self.sip_port = free_port(socket.SOCK_DGRAM)
        self.event_port = free_port()
        self._write_configuration(samples, callee_port)
        self._process = None
        self.channels = None
        self.launcher = []  # the start of its command line, for example to change the user

    def another(self, run, samples):
        """Another FreeSWITCH of the same installation, in its own folder."""
        return FreeSwitch(self._prefix, run, samples, free_port(socket.SOCK_DGRAM))

    def start(self):
        """Starts it and returns when it accepts calls."""
        self._launch()
        try:
            wait_until(self._accepts_calls, 30, "FreeSWITCH to accept calls", every=0.1)
            self.channels = Watcher(self.event_port, PASSWORD)
        except (WaitTimeout, EOFError) as reason:
            raise SwitchFailed("\n".join([str(reason), *self.last_log(20)])) from reason

    def _launch(self):
        with open(self._run / "log/console", "wb") as console:
            self._process = subprocess.Popen(
                [*self.launcher, *self._program()], stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                start_new_session=True,
            )

    @property
    def pid(self):
        """Its process id."""
        return self._process.pid

    @property
    def folders(self):
        """The folders in which it writes."""
        return [self._run]

    def name_process(self):
        """Its process has the name of the installed program."""

    def stop(self):
        """Stops it; calls in progress are hung up."""
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
        """The output of an API command."""
        connection = EventSocket(self.event_port, PASSWORD)
        try:
            return connection.ask(f"api {line}")
        finally:
            connection.close()

    @property
    def runs_commands(self):
        """Whether a dialplan could run a shell command, so that a successful attack would be noticed."""
        return "dialscript" in self.command("system echo dialscript")

    def has(self, module):
        """Whether an optional module is installed."""
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
        """The last lines of its log, only those of one channel if its name is given."""
        channel = self.channels and self.channels.named(about)
        about = channel.unique_id if channel else about
        return [line for line in self.log.splitlines() if about in line][-count:]

    @staticmethod
    def received_digits(channel):
        """The digits that it has received from the caller, according to its events."""
        return channel.digits

    @staticmethod
    def find_sound(call, name, first=None):
        """The sound of the switch in the recording of a call, or None. It is a tone, so `first` is not needed."""
        tones_of_files = {name: tone for name, (_, tone) in {**SIGNS, **DATES}.items()}
        names = {**SOUNDS, **DIGITS, **tones_of_files}
        return next((sound for sound in call.heard() if sound.name == names[name]), None)

    @staticmethod
    def sound_name(name):
        """The name of this sound in a script."""
        return f"switch:{SOUNDS[name]}"

    @staticmethod
    def daemon_address(authority):
        """The address of the daemon as its dialplan writes it."""
        return authority

    @staticmethod
    def script_call(script, options="async full", variables=()):
        """The SIP headers that tell the lab's dialplan the script, its arguments, the options of `socket` and further
        variables."""
        name, _, query = script.partition("?")
        arguments = [(f"dialscript_arg_{argument}", value) for argument, value in parse_qsl(query)]
        assignments = ["lab=1", *(f"{name}={value}" for name, value in [*arguments, *variables])]
        return [("X-Script", name), ("X-Socket", options), ("X-Variables", f"^^;{';'.join(assignments)}")]

    @staticmethod
    def variable_text(text):
        """The value of a variable that was set to this text: the daemon replaces braces and brackets, since FreeSWITCH
        evaluates them anywhere."""
        return text.translate(HARMLESS)

    @staticmethod
    def caller_name(name):
        """The caller name that the daemon receives for this SIP display name: quoted as in SIP and made harmless by
        FreeSWITCH. Its events do not escape percent signs, so these are decoded once more."""
        return unquote(name.replace("\\", "\\\\").replace('"', '\\"').replace("${", "%{"))

    def _accepts_calls(self):
        if self._process.poll() is not None:
            raise WaitTimeout(f"FreeSWITCH exited with {self._process.returncode}")
        return "RUNNING" in self.command("sofia status")

    def _program(self):
        """Its command line: in the foreground, with all folders within its own."""
        folders = [part for name in FOLDERS for part in (f"-{name}", str(self._run / name))]
        return [
            str(self._prefix / "bin/freeswitch"), "-nonat", "-nonatmap", "-nf", "-nc", "-conf", str(self._run / "conf"),
            *folders, "-sounds", str(self._run / "sounds"), "-mod", str(self._modules),
        ]

    def _write_configuration(self, samples, callee_port):
        sounds = [f"sounds/{kind}/8000" for kind in ("ivr", "voicemail", "digits", "ascii", "time")]
        sounds.append("german-sounds/digits/8000")
        for folder in (*FOLDERS, "conf", "music", "short-music", *sounds):
            (self._run / folder).mkdir(parents=True)
        # A stream is silent for a second when its file starts again, so the file is longer than a run.
        tones.write(self._run / "music/tone.wav", *[tones.MUSIC] * MUSIC_REPEATS)
        tones.write(self._run / "short-music/tone.wav", tones.MUSIC)
        for name, tone in tones.FREESWITCH.items():
            folder, file = name.split("/")
            tones.write(self._run / "sounds" / folder / "8000" / file, tone)
        digits = [(f"digits/8000/{digit}.wav", name) for digit, name in enumerate(DIGITS.values())]
        for file, name in [*digits, *SIGNS.values(), *DATES.values()]:
            tones.write(self._run / "sounds" / file, tones.Tone(tones.LIBRARY[name].pitch, 0.3))
        for file, _ in digits:
            tones.write(self._run / "german-sounds" / file, tones.LIBRARY[GERMAN_DIGIT])
        rtp = random.randrange(10000, 30000, 2)
        values = {
            "RUN": self._run, "SIP_PORT": self.sip_port, "EVENT_PORT": self.event_port, "CALLEE_PORT": callee_port,
            "RTP_FIRST": rtp, "RTP_LAST": rtp + RTP_PORTS,
            "INSTALLED": "".join(f'<load module="{name}"/>' for name in OPTIONAL if self.has(name)),
        }
        for source in CONFIGURATION.glob("*.xml"):
            text = re.sub(r"@([A-Z_]+)@", lambda name: str(values[name[1]]), source.read_text())
            (self._run / "conf" / source.name).write_text(text)
        (self._run / "conf/samples.xml").write_text(samples)
