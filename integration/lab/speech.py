"""Voices and ears: the programs of Debian that speak and listen, and the lab's own, whose words a test knows."""

import array
import json
import math
import os
import random
import subprocess
import wave
from functools import cache
from operator import mul
from pathlib import Path

from . import debian, ear, host, tones
from .deadline import wait_until
from .tones import RATE

ENGINES = Path(__file__).resolve().parent.parent / "engines"
SUITES = ["bookworm", "trixie"]  # of Debian
LISTENER = "pocketsphinx_batch"
PROGRAMS = ("espeak-ng", "flite", LISTENER)

# Where Debian's package puts the model there is none: the unpacked one is meant.
WRAPPER = """#!/bin/sh
export ESPEAK_DATA_PATH={espeak}
for argument; do
    shift
    case $argument in /usr/share/pocketsphinx/*) argument={root}$argument ;; esac
    set -- "$@" "$argument"
done
exec {program} "$@"
"""

# The sound of a room in which nobody speaks: a telephone never sends digital silence for long.
_dice = random.Random(4711)
ROOM = ear.to_ulaw([_dice.randint(-24, 24) for _ in range(RATE)])


@cache
def programs():
    """The folder with these programs, as they would be in PATH."""
    return _wrapped(_unpacked())


def prepare(say):
    """Unpacks them, unless that was done before: it takes some seconds."""
    _unpacked(say)


def _unpacked(say=lambda line: None):
    return debian.unpacked_of_any(debian.SPEECH, SUITES, host.cache(), say)


def _wrapped(root):
    folder = root / "programs"
    folder.mkdir(exist_ok=True)
    espeak = next(root.glob("usr/lib/*/espeak-ng-data")).parent
    for name in PROGRAMS:
        program = " ".join(debian.program(root, f"usr/bin/{name}"))
        part = folder / f".{name}.{random.getrandbits(48):x}"
        part.write_text(WRAPPER.format(root=root, espeak=espeak, program=program))
        part.chmod(0o755)
        part.rename(folder / name)
    return folder


@cache
def spoken(text, voice="slt"):
    """A text in a human voice (flite's), as a telephone sends it."""
    file = host.cache() / f"spoken-{os.getpid()}-{random.getrandbits(32):08x}.wav"
    try:
        flite(file, text, voice)
        return ear.to_ulaw(samples(file))
    finally:
        file.unlink(missing_ok=True)


def flite(file, text, voice):
    """Writes what flite makes of a text."""
    command = [programs() / "flite", "-voice", voice, "-t", text, "-o", file]
    subprocess.run(command, check=True, capture_output=True)


def espeak(file, text, voice):
    """Writes what espeak-ng makes of a text, called as it is where nothing else is said."""
    command = [programs() / "espeak-ng", "--stdin", "-v", voice, "-s", "175", "-w", file]
    subprocess.run(command, input=text.encode(), check=True, capture_output=True)


def samples(file):
    """What is in a sound file of 8 or 16 kHz, as a telephone's 8 kHz."""
    with wave.open(str(file)) as sound:
        rate, raw = sound.getframerate(), array.array("h", sound.readframes(sound.getnframes()))
    return raw if rate == RATE else _every_second(raw)


TAPS = 31


@cache
def _half_band():
    """A low-pass at a quarter of the rate: a sine over its argument, in a Hamming window."""
    middle = TAPS // 2
    taps = [
        (0.5 if n == middle else math.sin(math.pi * (n - middle) / 2) / (math.pi * (n - middle)))
        * (0.54 - 0.46 * math.cos(2 * math.pi * n / (TAPS - 1)))
        for n in range(TAPS)
    ]
    return [tap / sum(taps) for tap in taps]


def _every_second(raw):
    low = _half_band()
    return array.array("h", (
        max(-32768, min(32767, int(sum(map(mul, low, raw[at:at + TAPS])))))
        for at in range(0, len(raw) - TAPS, 2)
    ))


class _Engine:
    """A program of engines/ with a folder of its own, by which it is told what to do and tells what it did."""

    def __init__(self, name, folder):
        self._name, self.folder = name, Path(folder)
        self.folder.mkdir(parents=True)
        self.does("")

    def does(self, what):
        """From now on this is wrong with it; nothing when empty."""
        (self.folder / "does").write_text(what)

    def _command(self, *arguments):
        return json.dumps([str(ENGINES / self._name), str(self.folder), *arguments])


class Speaker(_Engine):
    """A voice that speaks in tones: `engines/tones`."""

    def __init__(self, folder):
        super().__init__("tones", folder)
        (self.folder / "runs").mkdir()
        (self.folder / "pieces").symlink_to(_pieces())

    def engine(self, more=""):
        """It, as an engine in the daemon's file."""
        command = self._command("-v", "{voice}", "-s", "{wpm}", "-w", "{out}")
        return f'{{ engine = "command", command = {command}, voice = "en-us"{more} }}'

    @property
    def runs(self):
        """Every run, in their order: `process`, `arguments`, `text`."""
        return [_run(file) for file in sorted((self.folder / "runs").glob("[0-9]*"))]

    @property
    def texts(self):
        """The texts that it was given, in the order of its runs."""
        return [run["text"] for run in self.runs]

    def wait_for(self, count, within=5):
        """Waits until it was run so many times; returns the texts."""
        wait_until(lambda: len(self.runs) >= count, within, f"{count} texts; there were {self.texts}")
        return self.texts

    def in_place_of(self, program, folder):
        """Puts it into a folder under the name of a program that is called as espeak-ng is."""
        folder.mkdir(exist_ok=True)
        file = folder / program
        file.write_text(f'#!/bin/sh\nexec {ENGINES / self._name} {self.folder} "$@"\n')
        file.chmod(0o755)


def _run(file):
    head, _, text = file.read_text().partition("\n\n")
    process, *arguments = head.split("\n")
    return {"process": int(process), "arguments": arguments, "text": text.strip()}


@cache
def _pieces():
    """The folder with the sound of every word that the voice knows."""
    folder = host.cache() / "pieces"
    folder.mkdir(exist_ok=True)
    unknown = [tones.Tone(pitch, 0.1) for pitch in (362, 1112, 2612)]  # a noise to the ear
    for word, sounds in {"unknown": unknown, **{word: [tone] for word, tone in tones.SPOKEN.items()}}.items():
        part = folder / f".{word}.{random.getrandbits(48):x}"
        part.write_bytes(b"".join(tones.samples(tone, 22050).tobytes() for tone in sounds))
        part.rename(folder / word)
    return folder


class Listener(_Engine):
    """An ear that understands what it is told: `engines/listener`."""

    def __init__(self, folder):
        super().__init__("listener", folder)
        self.understands("")

    def engine(self):
        """It, as an engine in the daemon's file."""
        return f'{{ engine = "command", command = {self._command("{in}", "{language}")} }}'

    def understands(self, text):
        """From now on, this is what every caller says."""
        (self.folder / "says").write_text(text)

    @property
    def recordings(self):
        """What it was given: `file`, `form` (channels, bytes a sample, rate), `seconds`, `loudness`."""
        file = self.folder / "recordings"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def wait_for(self, count, within=5):
        """Waits until it was given so many recordings; returns the last."""
        wait_until(lambda: len(self.recordings) >= count, within, f"{count} recordings")
        return self.recordings[count - 1]
