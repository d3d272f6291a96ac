"""The RTP of a call. It sends silence, speech and RFC 4733 keypresses, and records what it receives on the call's
clock."""

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
# Samples. A packet whose timestamp continues the previous packet is recorded directly after it, even if a busy switch
# sent it late. But res_rtp_asterisk also continues timestamps after short pauses, so this holds only up to this delay.
LATE = RATE // 4
SO_TIMESTAMPNS = 35  # Linux: the kernel records when a packet arrived, independent of our thread's delay


class Media:
    """An RTP socket. Only the call's thread uses `send` and `receive`; other threads may use `press` and `say`."""

    def __init__(self, started):
        self._started = started
        self._socket, self.port = even_port()
        self._remote = None
        self._ssrc = random.getrandbits(32)
        self._sequence = random.getrandbits(15)
        self._timestamp = random.getrandbits(30)
        self._keys = []
        self._pressing = None
        self._background = SILENCE * 2
        self._background_at = 0
        self._utterances = []
        self._next_stamp = None
        self.recording = bytearray()
        self.arrivals = []  # for each packet: position in the recording, and second of the call of its arrival
        self.changed = threading.Condition()

    def fileno(self):
        """For select."""
        return self._socket.fileno()

    def close(self):
        """Closes the socket."""
        self._socket.close()

    def connect(self, address):
        """Sets the address to send to, from the session description of the other side."""
        self._remote = address

    def loop(self, ulaw):
        """Repeats this sound instead of silence."""
        self._background = ulaw

    def say(self, ulaw, wait):
        """Sends this sound once; returns the current second of the call, after the sound if `wait`."""
        sent = threading.Event()
        with self.changed:
            self._utterances.append([ulaw, 0, sent])
        if wait and not sent.wait(len(ulaw) / RATE + 5):
            raise AssertionError("the speech was not sent: the call is not connected")
        return time.monotonic() - self._started

    @property
    def seconds_said(self):
        """Seconds of the current utterance that were sent."""
        with self.changed:
            return self._utterances[0][1] / RATE if self._utterances else 0

    def press(self, digits, pause, held):
        """Presses keys one after another; returns the second of the call at which the last was released."""
        released = [threading.Event() for _ in digits]
        with self.changed:
            self._keys += [(digit, pause, held, event) for digit, event in zip(digits, released)]
        if not released[-1].wait(len(digits) * (pause + held) + 5):
            raise AssertionError(f"the digits {digits} were not sent: the call is not connected")
        return time.monotonic() - self._started

    def send(self):
        """Sends the next packet of 20 ms."""
        if not self._remote:
            return
        if self._pressing is None and self._keys:
            with self.changed:
                self._pressing = _Press(*self._keys.pop(0), self._timestamp)
        if self._pressing and self._pressing.held_for(self._timestamp) >= 0:
            self._send_key(self._pressing)
        else:
            self._send_packet(PCMU, self._next_sound())
        self._timestamp += PACKET

    def _send_key(self, press):
        held = press.held_for(self._timestamp) + PACKET
        ended = held >= press.held * RATE
        body = struct.pack("!BBH", KEYS[press.digit], (0x80 if ended else 0) | 10, held)
        for _ in range(3 if ended else 1):  # RFC 4733, 2.5.1.4: the end is sent three times
            self._send_packet(EVENTS, body, marker=held == PACKET, timestamp=press.begins)
        if ended:
            self._pressing = None
            press.released.set()

    def _next_sound(self):
        if self._utterances:
            return self._next_of_utterance()
        start = self._background_at % (len(self._background) - PACKET)
        self._background_at += PACKET
        return self._background[start:start + PACKET]

    def _next_of_utterance(self):
        ulaw, start, sent = utterance = self._utterances[0]
        utterance[1] += PACKET
        if utterance[1] >= len(ulaw):
            with self.changed:
                self._utterances.pop(0)
            sent.set()
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
            pass  # The other side has closed its port; SIP reports the end of the call.

    def receive(self):
        """Records a packet. Where no packet arrived the recording is silent."""
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


    def arrival(self, second):
        """The second of the call at which the packet arrived that has this second of the recording."""
        with self.changed:
            index = bisect(self.arrivals, second * RATE + 1, key=lambda arrival: arrival[0])
            return self.arrivals[index - 1][1]


class _Press:
    """A keypress: a pause, then the key is held. It is timed in RTP timestamps."""

    def __init__(self, digit, pause, held, released, now):
        self.digit, self.held, self.released = digit, held, released
        self.begins = now + int(pause * RATE) // PACKET * PACKET

    def held_for(self, now):
        return now - self.begins


def even_port():
    """A socket with an even port, as RTP requires (RFC 3550, 11)."""
    while True:
        candidate = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        candidate.bind(("127.0.0.1", 0))
        port = candidate.getsockname()[1]
        if port % 2 == 0:
            candidate.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            return candidate, port
        candidate.close()
