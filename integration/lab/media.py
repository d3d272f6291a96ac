"""The sound of one call: RTP out (silence, what is said, RFC 4733 keypresses), and RTP in, recorded on the call's time
line."""

import random
import socket
import struct
import threading
import time
from bisect import bisect

from .tones import RATE

PACKET = RATE // 50  # samples in 20 ms
PCMU, EVENTS = 0, 101
SILENCE = b"\xff" * PACKET
KEYS = {key: code for code, key in enumerate("0123456789*#ABCD")}
# Samples. A packet that continues the one before belongs right behind it, however late a busy switch sent it. But what
# continues by its timestamp may also follow a short pause (res_rtp_asterisk smooths those away): not beyond this.
LATE = RATE // 4
SO_TIMESTAMPNS = 35  # of Linux: the kernel notes when a packet came, however late our thread is


class Media:
    """An RTP socket. `send` and `receive` are called by the call's one thread, `press` by anyone."""

    def __init__(self, started):
        self._started = started
        self._socket, self.port = _even_port()
        self._remote = None
        self._ssrc = random.getrandbits(32)
        self._sequence = random.getrandbits(15)
        self._timestamp = random.getrandbits(30)
        self._keys = []
        self._pressing = None
        self._voice = SILENCE * 2
        self._voice_at = 0
        self._utterances = []
        self._next_stamp = None
        self.recording = bytearray()
        self.arrivals = []  # for each packet: where it is in the recording, and at which second of the call it came
        self.changed = threading.Condition()

    def fileno(self):
        """For select."""
        return self._socket.fileno()

    def close(self):
        """No more sound."""
        self._socket.close()

    def connect(self, address):
        """Where to send to, known when the other side has described its media."""
        self._remote = address

    def speak(self, ulaw):
        """Says this, over and over, instead of silence."""
        self._voice = ulaw

    def say(self, ulaw, wait):
        """Says this once; returns when it was said, and at which second of the call. `wait`: whether to wait for it."""
        said = threading.Event()
        with self.changed:
            self._utterances.append([ulaw, 0, said])
        if wait and not said.wait(len(ulaw) / RATE + 5):
            raise AssertionError("nothing could be said: there is no call to say it in")
        return time.monotonic() - self._started

    @property
    def said(self):
        """Seconds of what is being said that are out."""
        with self.changed:
            return self._utterances[0][1] / RATE if self._utterances else 0

    def press(self, digits, pause, held):
        """Presses keys one after another; returns when the last was released, and at which second of the call."""
        released = [threading.Event() for _ in digits]
        with self.changed:
            self._keys += [(digit, pause, held, event) for digit, event in zip(digits, released)]
        if not released[-1].wait(len(digits) * (pause + held) + 5):
            raise AssertionError(f"the keys {digits} were not sent: there is no call to press them in")
        return time.monotonic() - self._started

    def send(self):
        """Sends the packet of these 20 ms."""
        if not self._remote:
            return
        if self._pressing is None and self._keys:
            with self.changed:
                self._pressing = _Press(*self._keys.pop(0), self._timestamp)
        if self._pressing and self._pressing.held_for(self._timestamp) >= 0:
            self._send_key(self._pressing)
        else:
            self._send_packet(PCMU, self._next_voice())
        self._timestamp += PACKET

    def _send_key(self, press):
        held = press.held_for(self._timestamp) + PACKET
        ended = held >= press.held * RATE
        body = struct.pack("!BBH", KEYS[press.digit], (0x80 if ended else 0) | 10, held)
        for _ in range(3 if ended else 1):  # RFC 4733, 2.5.1.4: the end is said three times
            self._send_packet(EVENTS, body, marker=held == PACKET, timestamp=press.begins)
        if ended:
            self._pressing = None
            press.released.set()

    def _next_voice(self):
        if self._utterances:
            return self._next_of_utterance()
        start = self._voice_at % (len(self._voice) - PACKET)
        self._voice_at += PACKET
        return self._voice[start:start + PACKET]

    def _next_of_utterance(self):
        ulaw, start, said = utterance = self._utterances[0]
        utterance[1] += PACKET
        if utterance[1] >= len(ulaw):
            with self.changed:
                self._utterances.pop(0)
            said.set()
        return ulaw[start:start + PACKET].ljust(PACKET, SILENCE[:1])

    def _send_packet(self, kind, body, marker=False, timestamp=None):
        stamp = (self._timestamp if timestamp is None else timestamp) & 0xFFFFFFFF
        head = struct.pack(
            "!BBHII", 0x80, (0x80 if marker else 0) | kind, self._sequence & 0xFFFF, stamp, self._ssrc
        )
        self._sequence += 1
        try:
            self._socket.sendto(head + body, self._remote)
        except OSError:
            pass  # The far end has closed its port; that the call is over comes by SIP.

    def receive(self):
        """Takes one packet in. The recording is on the wall clock: where nothing came, it is silent."""
        packet, (arrival,), _, _ = self._socket.recvmsg(2048, 64)
        if len(packet) < 12 or packet[1] & 0x7F != PCMU:
            return
        seconds, nanoseconds = struct.unpack("qq", arrival[2])
        now = time.monotonic() - (time.time() - seconds - nanoseconds / 1e9)
        sound = packet[12 + 4 * (packet[0] & 15):]
        stamp = int.from_bytes(packet[4:8])
        with self.changed:
            behind = int((now - self._started) * RATE) - len(sound) - len(self.recording)
            if behind > 0 and (stamp != self._next_stamp or behind > LATE):
                self.recording += b"\xff" * behind
            self.arrivals.append((len(self.recording), now - self._started))
            self.recording += sound
            self._next_stamp = stamp + len(sound) & 0xFFFFFFFF
            self.changed.notify_all()


    def came(self, second):
        """At which second of the call the packet came that this second of the recording is from."""
        with self.changed:
            index = bisect(self.arrivals, second * RATE + 1, key=lambda arrival: arrival[0])
            return self.arrivals[index - 1][1]


class _Press:
    """A key on its way: a pause before it, then held for a while. In RTP time, as the wire counts."""

    def __init__(self, digit, pause, held, released, now):
        self.digit, self.held, self.released = digit, held, released
        self.begins = now + int(pause * RATE) // PACKET * PACKET

    def held_for(self, now):
        return now - self.begins


def _even_port():
    """RTP wants an even port (RFC 3550, 11)."""
    while True:
        candidate = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        candidate.bind(("127.0.0.1", 0))
        port = candidate.getsockname()[1]
        if port % 2 == 0:
            candidate.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            return candidate, port
        candidate.close()
