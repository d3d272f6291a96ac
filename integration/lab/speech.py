"""Text-to-speech and speech recognition: Debian's programs, and test programs with predictable results."""

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

from . import debian, g711, host, tones
from .deadline import wait_until
from .tones import RATE

ENGINES = Path(__file__).resolve().parent.parent / "engines"
SUITES = ["bookworm", "trixie"]  # of Debian
RECOGNIZER = "pocketsphinx_batch"
PROGRAMS = ("espeak-ng", "flite", RECOGNIZER)

# Replaces the absolute paths of Debian's package with those of the unpacked one.
WRAPPER = """#!/bin/sh
export ESPEAK_DATA_PATH={espeak}
for argument; do
    shift
    case $argument in /usr/share/pocketsphinx/*) argument={root}$argument ;; esac
    set -- "$@" "$argument"
done
exec {program} "$@"
"""

# Background noise of a quiet room, since a telephone does not send digital silence for long.
_generator = random.Random(4711)
ROOM = g711.to_ulaw([_generator.randint(-24, 24) for _ in range(RATE)])


@cache
def programs():
    """The folder with these programs, for PATH."""
    return _wrapped(_unpacked())


def prepare(say):
    """Unpacks the programs if this was not done before. It takes some seconds."""
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
    """A text spoken by flite, in the encoding of a telephone."""
    file = host.cache() / f"spoken-{os.getpid()}-{random.getrandbits(32):08x}.wav"
    try:
        flite(file, text, voice)
        return g711.to_ulaw(samples(file))
    finally:
        file.unlink(missing_ok=True)


def flite(file, text, voice):
    """Synthesizes a text with flite into a file."""
    command = [programs() / "flite", "-voice", voice, "-t", text, "-o", file]
    subprocess.run(command, check=True, capture_output=True)


def espeak(file, text, voice):
    """Synthesizes a text into a file with espeak-ng, called like the daemon's default engine."""
    command = [programs() / "espeak-ng", "--stdin", "-v", voice, "-s", "175", "-w", file]
    subprocess.run(command, input=text.encode(), check=True, capture_output=True)


def samples(file):
    """The samples of a sound file of 8 or 16 kHz, at the 8 kHz of a telephone."""
    with wave.open(str(file)) as sound:
        rate, raw = sound.getframerate(), array.array("h", sound.readframes(sound.getnframes()))
    return raw if rate == RATE else _every_second(raw)


TAPS = 31


@cache
def _half_band():
    """The taps of a low-pass filter at a quarter of the sample rate: sinc with a Hamming window."""
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


class _TestEngine:
    """A program of engines/. The files in its folder control what it does and record its runs."""

    def __init__(self, name, folder):
        self._name, self.folder = name, Path(folder)
        self.folder.mkdir(parents=True)
        self.misbehave("")

    def misbehave(self, how):
        """Sets how further runs misbehave; they work if `how` is empty."""
        (self.folder / "misbehaves").write_text(how)

    def _command(self, *arguments):
        return json.dumps([str(ENGINES / self._name), str(self.folder), *arguments])


class TestSynthesizer(_TestEngine):
    """A text-to-speech program that speaks in tones: `engines/synthesizer`."""

    def __init__(self, folder):
        super().__init__("synthesizer", folder)
        (self.folder / "runs").mkdir()
        (self.folder / "words").symlink_to(_words())

    def engine(self, more=""):
        """Its engine in the daemon's configuration."""
        command = self._command("-v", "{voice}", "-s", "{wpm}", "-w", "{out}")
        return f'{{ engine = "command", command = {command}, voice = "en-us"{more} }}'

    @property
    def runs(self):
        """All runs in order: `process`, `arguments`, `text`."""
        return [_run(file) for file in sorted((self.folder / "runs").glob("[0-9]*"))]

    @property
    def texts(self):
        """The texts of all runs in order."""
        return [run["text"] for run in self.runs]

    def wait_for(self, count, within=5):
        """Waits until it was run this number of times; returns the texts."""
        wait_until(lambda: len(self.runs) >= count, within, f"{count} texts; there were {self.texts}")
        return self.texts

    def install_as(self, program, folder):
        """Installs it in a folder under the name of a program with the arguments of espeak-ng."""
        folder.mkdir(exist_ok=True)
        file = folder / program
        file.write_text(f'#!/bin/sh\nexec {ENGINES / self._name} {self.folder} "$@"\n')
        file.chmod(0o755)


def _run(file):
    head, _, text = file.read_text().partition("\n\n")
    process, *arguments = head.split("\n")
    return {"process": int(process), "arguments": arguments, "text": text.strip()}


@cache
def _words():
    """The folder with the sound of every known word."""
    folder = host.cache() / "words"
    folder.mkdir(exist_ok=True)
    unknown = [tones.Tone(pitch, 0.1) for pitch in (362, 1112, 2612)]  # detected as noise
    for word, sounds in {"unknown": unknown, **{word: [tone] for word, tone in tones.SPOKEN.items()}}.items():
        part = folder / f".{word}.{random.getrandbits(48):x}"
        part.write_bytes(b"".join(tones.samples(tone, 22050).tobytes() for tone in sounds))
        part.rename(folder / word)
    return folder


class TestRecognizer(_TestEngine):
    """A speech recognition program with a fixed result: `engines/recognizer`."""

    def __init__(self, folder):
        super().__init__("recognizer", folder)
        self.set_result("")

    def engine(self):
        """Its engine in the daemon's configuration."""
        return f'{{ engine = "command", command = {self._command("{in}", "{language}")} }}'

    def set_result(self, text):
        """Sets the text that further runs recognize."""
        (self.folder / "result").write_text(text)

    @property
    def recordings(self):
        """The recordings of all runs: `file`, `form` (channels, bytes per sample, rate), `seconds`, `loudness`."""
        file = self.folder / "recordings"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def wait_for(self, count, within=5):
        """Waits until it was run with this number of recordings; returns the last."""
        wait_until(lambda: len(self.recordings) >= count, within, f"{count} recordings")
        return self.recordings[count - 1]
