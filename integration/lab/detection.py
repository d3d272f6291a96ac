"""Finds tones and sound files in recordings.

Recordings are G.711 u-law as received. An inverted u-law byte is a sign bit and seven bits of logarithmic loudness, so
both can be read with bytes.translate, which is fast. Only windows that are not silent are decoded.
"""

import math
import wave
from dataclasses import dataclass
from functools import cache
from operator import mul
from pathlib import Path

from .g711 import to_linear, to_ulaw
from .tones import PITCHES, RATE

WINDOW = RATE // 50  # 20 ms, one RTP packet
SECONDS = WINDOW / RATE
SILENCE = ""
NOISE = "?"

# Seconds. On a busy machine there are gaps: a tone that continues after a shorter silence is the same sound.
STUTTER = 0.5
# Seconds. Shorter sounds are ignored: between two sounds, a few windows contain a part of each.
SHORTEST_TONE, SHORTEST_NOISE = 0.05, 0.15

DISTINCT = 40  # different bytes in a window; with fewer it is too quiet to be distinguished from other sounds


_SIGN = bytes(byte >> 7 for byte in range(256))
_LOUDNESS = bytes(~byte & 0x7F for byte in range(256))
_LINEAR = [to_linear(byte) for byte in range(256)]
_COSINE, _SINE = (
    {pitch: [wave_of(2 * math.pi * pitch * n / RATE) for n in range(WINDOW)] for pitch in PITCHES}
    for wave_of in (math.cos, math.sin)
)
_LOUD = 60  # of 127: about -30 dB; quieter windows are silence
_IS_LOUD = bytes(loudness >= _LOUD for loudness in _LOUDNESS)


@dataclass
class Sound:
    """A sound in a recording: the name of the tone, start and end in seconds of the call."""

    name: str
    start: float
    end: float

    @property
    def seconds(self):
        """Its duration."""
        return self.end - self.start

    @property
    def lasts(self):
        """Whether it is long enough to count."""
        return self.seconds > (SHORTEST_NOISE if self.name == NOISE else SHORTEST_TONE)

    def __str__(self):
        return f"{self.name} {self.start:.2f}-{self.end:.2f}"


def tone(window):
    """The name of the tone in this window; `SILENCE`, or `NOISE` for any other sound."""
    if max(window.translate(_LOUDNESS)) < _LOUD:
        return SILENCE
    signs = window.translate(_SIGN)
    crossings = signs.count(b"\0\1") + signs.count(b"\1\0")
    pitch = min(PITCHES, key=lambda known: abs(known - crossings / 2 / SECONDS))
    return PITCHES[pitch] if _purity(window, pitch) > 0.7 else NOISE


def _purity(window, pitch):
    """The share of the window's energy at this pitch. It is about 1 for a tone and low for speech."""
    samples = [_LINEAR[byte] for byte in window]
    cosine = sum(map(mul, samples, _COSINE[pitch]))
    sine = sum(map(mul, samples, _SINE[pitch]))
    return 2 * (cosine * cosine + sine * sine) / (WINDOW * sum(map(mul, samples, samples)))


class ToneDetector:
    """Detects the tones of a recording while it grows."""

    def __init__(self):
        self._windows = 0
        self.sounds = []

    def update(self, recording):
        """Processes what was added to `recording` since the last call."""
        while (self._windows + 1) * WINDOW <= len(recording):
            start = self._windows * WINDOW
            self._add(tone(bytes(recording[start:start + WINDOW])), start / RATE)
            self._windows += 1

    def _add(self, name, at):
        while self.sounds and self._is_last_ignored(name):
            self.sounds.pop()
        if self.sounds and self.sounds[-1].name == name:
            self.sounds[-1].end = at + SECONDS
        else:
            self.sounds.append(Sound(name, at, at + SECONDS))

    def _is_last_ignored(self, name):
        """Whether the last sound does not count: a transition between two sounds, or a short gap within one."""
        last = self.sounds[-1]
        before = self.sounds[-2].name if len(self.sounds) > 1 else None
        if last.name == name:
            return False
        return before == name and last.seconds < STUTTER if last.name == SILENCE else not last.lasts

    def detected(self):
        """All sounds that are long enough to count, without silence."""
        return [sound for sound in self.sounds if sound.name != SILENCE and sound.lasts]


def find(recording, sound_file, first=None):
    """The sound of a WAV file in `recording`, or None. `first`: search only for a part of its first seconds.

    Asterisk encodes the same samples to the same u-law bytes, so a window of the file is in the recording byte by byte.
    A single loud window of 20 ms identifies the sound, even if a busy machine has caused gaps elsewhere.
    """
    sound, recording = _read_wav(sound_file), bytes(recording)
    end = min(len(sound), int(first * RATE)) if first else len(sound)
    for offset in range(0, end - WINDOW + 1, WINDOW):
        piece = sound[offset:offset + WINDOW]
        position = recording.find(piece) if len(set(piece)) > DISTINCT else -1
        if position >= 0:
            return Sound(Path(sound_file).stem, (position - offset) / RATE, (position - offset + end) / RATE)
    return None


def longest_silence(recording, start, end):
    """The longest silence between `start` and `end`, all in seconds. It is exact to the sample."""
    signs = bytes(recording[int(start * RATE):int(end * RATE)]).translate(_IS_LOUD)
    return max(map(len, signs.split(b"\1"))) / RATE


def likeness(recording, sound_file):
    """How similar a recording is to a WAV file of any sample rate: 1 for the same sound, about 0 for another.

    It compares the loudness of windows of 20 ms at the best position. That is independent of the sample rate and of
    details of the u-law encoding.
    """
    recorded = _loudness([_LINEAR[byte] for byte in bytes(recording)], RATE)
    with wave.open(str(sound_file)) as file:
        wanted = _loudness(memoryview(file.readframes(file.getnframes())).cast("h"), file.getframerate())
    positions = range(len(recorded))
    recorded += [0] * len(wanted)  # a switch may not send silence at the end
    return max(_correlation(recorded[position:position + len(wanted)], wanted) for position in positions)


def _loudness(samples, rate):
    size = rate // 50
    windows = (samples[start:start + size] for start in range(0, len(samples) - size + 1, size))
    return [math.sqrt(sum(map(mul, window, window)) / size) for window in windows]


def _correlation(one, other):
    count = min(len(one), len(other))
    if count < 2:
        return 0
    one, other = ([value - sum(side[:count]) / count for value in side[:count]] for side in (one, other))
    size = math.sqrt(sum(map(mul, one, one)) * sum(map(mul, other, other)))
    return sum(map(mul, one, other)) / size if size else 0


@cache
def _read_wav(path):
    with wave.open(str(path)) as file:
        raw = memoryview(file.readframes(file.getnframes())).cast("h")
    return to_ulaw(raw)
