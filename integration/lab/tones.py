"""The sounds of the lab: each is one pure tone, so that an ear of a few lines can tell them apart.

A pure tone is known by how often it crosses zero. The pitches lie 75 Hz apart, which is three crossings in the 20 ms
of one RTP packet: G.711 and a lost packet do not blur that.
"""

import array
import math
import wave
from dataclasses import dataclass
from functools import cache

RATE = 8000  # Asterisk's .wav is 8 kHz, 16-bit, mono, and nothing else.
LOUDNESS = 9000


@dataclass(frozen=True)
class Tone:
    """A sound that the ear knows by its pitch."""

    pitch: int
    seconds: float


# The library that every scenario's scripts can play.
LIBRARY = {
    "ask": Tone(400, 2.0),
    "ask_more": Tone(550, 1.0),
    "pin": Tone(700, 1.0),
    "matched": Tone(850, 0.6),
    "sorry": Tone(1000, 0.6),
    "silent": Tone(1150, 0.6),
    "unreachable": Tone(1300, 0.6),
    "welcome": Tone(1450, 0.4),
}

# What the switch plays by itself: music on hold, and the telephone of an extension that was called.
MUSIC = Tone(1750, 30.0)
COLLEAGUE = Tone(2050, 30.0)

# Sounds that FreeSWITCH would bring along (the package of its English voice), under their names there.
FREESWITCH = {
    "ivr/ivr-please_enter_the.wav": Tone(1600, 0.6),
    "ivr/ivr-number.wav": Tone(1900, 1.0),
    "ivr/ivr-thank_you.wav": Tone(2200, 0.8),
    "ivr/ivr-please_try_again.wav": Tone(2350, 0.8),
    "ivr/ivr-im_sorry.wav": Tone(2500, 0.8),
    "ivr/ivr-please_enter_the_phone_number.wav": Tone(2650, 1.0),
    "ivr/ivr-please_enter_pin_followed_by_pound.wav": Tone(2800, 1.0),
    "ivr/ivr-pin_or_extension_is-invalid.wav": Tone(2950, 0.8),
    "ivr/ivr-please_enter_extension_followed_by_pound.wav": Tone(3100, 1.0),
    "ivr/ivr-you_have_dialed_an_invalid_extension.wav": Tone(3250, 0.8),
    "ivr/ivr-call_being_transferred.wav": Tone(3400, 0.6),
    "voicemail/vm-goodbye.wav": Tone(250, 0.8),
}

# What the lab's voice (engines/tones) makes of a text: each word that it knows is a tone, and the ear calls it
# "say WORD".
WORDS = (
    *"0123456789", "hello", "order", "shipped", "phone", "pin", "extension", "wrong", "goodbye", "sorry",
)
SPOKEN = {word: Tone(325 + 150 * place, 0.4) for place, word in enumerate(WORDS)}

# Sounds that web applications have.
FETCHED = {"jingle": Tone(3175, 1.0), "chime": Tone(3325, 0.8)}

PITCHES = {
    tone.pitch: name
    for tones in (LIBRARY, FREESWITCH, {f"say {word}": tone for word, tone in SPOKEN.items()}, FETCHED)
    for name, tone in tones.items()
} | {MUSIC.pitch: "music", COLLEAGUE.pitch: "colleague"}


@cache
def samples(tone, rate=RATE):
    """The tone as 16-bit samples. It starts and ends softly, since a click is a sound of all pitches."""
    count = int(tone.seconds * rate)
    ramp = rate // 200
    return array.array("h", (
        int(LOUDNESS * min(1, n / ramp, (count - n) / ramp) * math.sin(2 * math.pi * tone.pitch * n / rate))
        for n in range(count)
    ))


def write(path, *tones, rate=RATE):
    """Writes tones as a sound file; at 8 kHz both switches play it."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        for tone in tones:
            file.writeframes(samples(tone, rate).tobytes())


def write_library(folder):
    """Writes every sound of the library into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, tone in LIBRARY.items():
        write(folder / f"{name}.wav", tone)
