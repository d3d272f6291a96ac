"""The sounds of the lab. Each is a pure tone, so that a short program can identify it.

A tone is identified by the number of zero crossings. The pitches are 75 Hz apart, which is three crossings in an RTP
packet of 20 ms. This is robust against G.711 and lost packets.
"""

import array
import math
import wave
from dataclasses import dataclass
from functools import cache

RATE = 8000  # Asterisk reads .wav only with 8 kHz, 16 bits and one channel
LOUDNESS = 9000


@dataclass(frozen=True)
class Tone:
    """A sound that is identified by its pitch in Hz."""

    pitch: int
    seconds: float


# The sound library of the daemon in every scenario.
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

# Music on hold of the switch, and the sound of the called telephone.
MUSIC = Tone(1750, 30.0)
COLLEAGUE = Tone(2050, 30.0)

# Tones with the names of sounds from FreeSWITCH's package of English sounds.
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

# The words of the test synthesizer (engines/synthesizer): each is a tone, which is detected as "say WORD".
WORDS = (
    *"0123456789", "hello", "order", "shipped", "phone", "pin", "extension", "wrong", "goodbye", "sorry",
)
SPOKEN = {word: Tone(325 + 150 * index, 0.4) for index, word in enumerate(WORDS)}

# Sounds of web applications.
FETCHED = {"jingle": Tone(3175, 1.0), "chime": Tone(3325, 0.8)}

PITCHES = {
    tone.pitch: name
    for tones in (LIBRARY, FREESWITCH, {f"say {word}": tone for word, tone in SPOKEN.items()}, FETCHED)
    for name, tone in tones.items()
} | {MUSIC.pitch: "music", COLLEAGUE.pitch: "colleague"}


@cache
def samples(tone, rate=RATE):
    """The tone as 16-bit samples. It fades in and out, since a click has all pitches."""
    count = int(tone.seconds * rate)
    ramp = rate // 200
    return array.array("h", (
        int(LOUDNESS * min(1, n / ramp, (count - n) / ramp) * math.sin(2 * math.pi * tone.pitch * n / rate))
        for n in range(count)
    ))


def write(path, *tones, rate=RATE):
    """Writes tones to a WAV file; both switches play 8 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        for tone in tones:
            file.writeframes(samples(tone, rate).tobytes())


def write_library(folder):
    """Writes all sounds of the library into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, tone in LIBRARY.items():
        write(folder / f"{name}.wav", tone)
