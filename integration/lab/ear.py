"""What a recording holds: which tones were heard when, and where a given sound file was heard.

Recordings are G.711 u-law, as it came off the wire. A u-law byte, inverted, is a sign bit and seven bits of
logarithmic loudness, so both can be read by table, at the speed of bytes.translate; only what is loud is decoded.
"""

import math
import wave
from dataclasses import dataclass
from functools import cache
from operator import mul
from pathlib import Path

from .tones import PITCHES, RATE

WINDOW = RATE // 50  # 20 ms, one RTP packet
SECONDS = WINDOW / RATE
SILENCE = ""
NOISE = "?"

# A busy switch stutters: a tone that goes on after a silence shorter than this is the same sound.
STUTTER = 0.5
# Seconds. Where two sounds meet, a few windows hold a bit of each.
SHORTEST_TONE, SHORTEST_NOISE = 0.05, 0.15

DISTINCT = 40  # different bytes in a piece of speech: with fewer it is too quiet to be told from others


def _to_linear(byte):
    """A byte of G.711 u-law as a sample (ITU-T G.711, table 2a)."""
    byte = ~byte & 0xFF
    magnitude = (((byte & 15) << 3) + 0x84 << (byte >> 4 & 7)) - 0x84
    return -magnitude if byte & 0x80 else magnitude


_SIGN = bytes(byte >> 7 for byte in range(256))
_LOUDNESS = bytes(~byte & 0x7F for byte in range(256))
_LINEAR = [_to_linear(byte) for byte in range(256)]
_COSINE, _SINE = (
    {pitch: [wave_of(2 * math.pi * pitch * n / RATE) for n in range(WINDOW)] for pitch in PITCHES}
    for wave_of in (math.cos, math.sin)
)
_LOUD = 60  # of 127: about -30 dB; quieter windows are silence
_IS_LOUD = bytes(loudness >= _LOUD for loudness in _LOUDNESS)


@dataclass
class Sound:
    """Something heard: a tone by its name, from and to in seconds of the call."""

    name: str
    start: float
    end: float

    @property
    def seconds(self):
        """How long it was heard."""
        return self.end - self.start

    @property
    def lasts(self):
        """Whether it was long enough to be a sound of its own."""
        return self.seconds > (SHORTEST_NOISE if self.name == NOISE else SHORTEST_TONE)

    def __str__(self):
        return f"{self.name} {self.start:.2f}-{self.end:.2f}"


def tone(window):
    """The name of the tone that fills this window; `SILENCE`, or `NOISE` for any other sound."""
    if max(window.translate(_LOUDNESS)) < _LOUD:
        return SILENCE
    signs = window.translate(_SIGN)
    crossings = signs.count(b"\0\1") + signs.count(b"\1\0")
    pitch = min(PITCHES, key=lambda known: abs(known - crossings / 2 / SECONDS))
    return PITCHES[pitch] if _purity(window, pitch) > 0.7 else NOISE


def _purity(window, pitch):
    """The part of the window's energy that is at this pitch: speech has some at many, a tone all at one."""
    samples = [_LINEAR[byte] for byte in window]
    cosine = sum(map(mul, samples, _COSINE[pitch]))
    sine = sum(map(mul, samples, _SINE[pitch]))
    return 2 * (cosine * cosine + sine * sine) / (WINDOW * sum(map(mul, samples, samples)))


class Ear:
    """Listens to a recording while it grows."""

    def __init__(self):
        self._listened = 0
        self.sounds = []

    def listen(self, recording):
        """Takes in what has been added to `recording` since the last time."""
        while (self._listened + 1) * WINDOW <= len(recording):
            start = self._listened * WINDOW
            self._hear(tone(bytes(recording[start:start + WINDOW])), start / RATE)
            self._listened += 1

    def _hear(self, name, at):
        while self.sounds and self._was_nothing(name):
            self.sounds.pop()
        if self.sounds and self.sounds[-1].name == name:
            self.sounds[-1].end = at + SECONDS
        else:
            self.sounds.append(Sound(name, at, at + SECONDS))

    def _was_nothing(self, name):
        """Whether what was heard last was nothing: a seam between two sounds, or a stutter inside one."""
        last = self.sounds[-1]
        before = self.sounds[-2].name if len(self.sounds) > 1 else None
        if last.name == name:
            return False
        return before == name and last.seconds < STUTTER if last.name == SILENCE else not last.lasts

    def heard(self):
        """Every sound that lasted, silence left out."""
        return [sound for sound in self.sounds if sound.name != SILENCE and sound.lasts]


def find(recording, sound_file, first=None):
    """The sound of a wav file in `recording`, or None. `first`: only something of its first seconds need be there.

    Asterisk's u-law is the same for the same samples, so that pieces of the file stand in the recording byte by byte.
    One loud piece of 20 ms tells them from any other sound, however much a busy switch stutters around it.
    """
    sound, recording = _read_wav(sound_file), bytes(recording)
    end = min(len(sound), int(first * RATE)) if first else len(sound)
    for offset in range(0, end - WINDOW + 1, WINDOW):
        piece = sound[offset:offset + WINDOW]
        place = recording.find(piece) if len(set(piece)) > DISTINCT else -1
        if place >= 0:
            return Sound(Path(sound_file).stem, (place - offset) / RATE, (place - offset + end) / RATE)
    return None


def longest_silence(recording, start, end):
    """The longest silence in seconds, between two seconds of a recording; exact to the sample."""
    signs = bytes(recording[int(start * RATE):int(end * RATE)]).translate(_IS_LOUD)
    return max(map(len, signs.split(b"\1"))) / RATE


def likeness(recording, sound_file):
    """How much a recording sounds like a wav file, of any rate: 1 for the same, about 0 for something else.

    Compared is how loud each 20 ms are, where the file fits best: that survives another rate and another u-law.
    """
    heard = _loudness([_LINEAR[byte] for byte in bytes(recording)], RATE)
    with wave.open(str(sound_file)) as file:
        wanted = _loudness(memoryview(file.readframes(file.getnframes())).cast("h"), file.getframerate())
    places = range(len(heard))
    heard += [0] * len(wanted)  # a switch may send nothing of a silence at the end
    return max(_correlation(heard[place:place + len(wanted)], wanted) for place in places)


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


def to_ulaw(samples):
    """16-bit samples as G.711 u-law, exactly as Asterisk does it: by their upper 14 bits (ulaw.h, AST_LIN2MU)."""
    return bytes(_to_ulaw(sample) for sample in samples)


def _to_ulaw(sample):
    sample = sample & ~3 | 2
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 0x84
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> exponent + 3 & 15) & 0xFF
