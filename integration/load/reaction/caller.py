"""The callers, in a process of their own: `python3 -m reaction.caller PORT EXTENSION CALLS AT_ONCE`.

Prints JSON: for each call the reaction in seconds, or null if the sound was not heard; and what the caller itself adds.
The reaction lasts from the end of the last key, when the first RTP packet with the end bit of RFC 4733 is given to the
kernel, to the arrival of the first RTP packet with the next sound, as the kernel has recorded it. Like most telephones,
the caller sends one packet every 20 ms, either sound or a part of a key. This clock begins at a random time in each
call, so that a key ends at any time between two packets of the switch.
"""

import json
import random
import re
import select
import socket
import struct
import sys
import time

from lab import sip
from lab.detection import tone
from lab.media import EVENTS, KEYS, PACKET, PCMU, SILENCE, SO_TIMESTAMPNS, even_port
from lab.tones import RATE

FRAME = 0.02  # seconds of an RTP packet
KEY, PAUSE = (0.09, 0.13), (0.10, 0.16)  # seconds that a key is held, and between keys
LISTENS = (0.4, 0.8)  # seconds of the prompt before the first key
LONGEST = 15.0  # seconds of a call
BETWEEN = (0.1, 0.5)  # seconds between two calls
PROMPT, NEXT = "ask", "matched"


class Call:
    """A call. All times are the time of day in seconds, as the kernel has it in its records of arrivals."""

    def __init__(self, port, extension, now):
        self._address = f"sip:{extension}@127.0.0.1:{port}"
        self._switch = ("127.0.0.1", port)
        self._target, self._to = self._address, f"<{self._address}>"
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.bind(("127.0.0.1", 0))
        self.rtp, rtp_port = even_port()
        self._contact = f"<sip:1001@127.0.0.1:{self.sip.getsockname()[1]}>"
        self._from, self._id, self._branch = f"{self._contact};tag={sip.token()}", sip.token(), sip.branch()
        self._remote = None
        self._sequence, self._stamp, self._ssrc = (random.getrandbits(bits) for bits in (15, 30, 32))
        self.due = now + random.uniform(0, FRAME)  # when the next packet is to be sent
        self._ends = now + LONGEST
        self._keys = list("".join(random.choices("0123456789", k=4)))  # that are left
        self._key = self._pressed = None  # the key that is held with its timestamp, and when it was pressed
        self._change_at = None  # when the next key is pressed, or the present one is released
        self._ends_left, self._last_event = 0, None
        self._released = None
        self._packets = []  # after the last key: arrival and sound
        self.late = []
        self.over = False
        self._request("INVITE", self._branch, sip.session_description(rtp_port))

    def close(self):
        """Frees the sockets."""
        self.sip.close()
        self.rtp.close()

    @property
    def reaction(self):
        """Seconds from the end of the last key to the next sound; None if it was not heard."""
        return next((arrived - self._released for arrived, sound in self._packets if tone(sound) == NEXT), None)

    def send(self, now):
        """Sends the packet that is due: sound, or a part of a key."""
        if now > self._ends:
            self._request("BYE", sip.branch())
            self.over = True
        if self._remote:
            self.late.append(now - self.due)
            self._send_packet(now)
        self._stamp += PACKET
        self.due += FRAME
        if self.due < now:  # The machine was busy. What was not sent in time is left out.
            self.due = now + FRAME

    def receive_sip(self):
        """Reads a SIP message."""
        message = sip.Message.parse(self.sip.recv(65536))
        if message.status is None:
            self.sip.sendto(sip.reply(message, "200 OK", "", self._contact).encode(), self._switch)
            self.over = self.over or message.method == "BYE"
        elif message.method == "INVITE":
            if message.body:
                self._remote = message.media
            if message.status >= 200:
                self._to = message.get("To")
                target = re.search(r"<([^>]+)>", message.get("Contact"))
                self._target = target[1] if target else self._address
                self._request("ACK", sip.branch() if message.status < 300 else self._branch)
                self.over = message.status >= 300

    def receive_rtp(self):
        """Reads an RTP packet. The first one of the prompt starts the caller's plan."""
        packet, arrived = receive(self.rtp)
        if len(packet) < 12 + PACKET or packet[1] & 0x7F != PCMU:
            return
        sound = packet[-PACKET:]
        if self._released:
            self._packets.append((arrived, sound))
        elif self._change_at is None and tone(sound) == PROMPT:
            self._change_at = arrived + random.uniform(*LISTENS)

    def _send_packet(self, now):
        changes = self._change_at and now >= self._change_at
        if self._ends_left:
            self._send_event(*self._last_event)
            self._ends_left -= 1
        elif self._key and changes:
            self._release(now)
        elif self._key:
            self._send_event(*self._key, int((now - self._pressed) * RATE) + PACKET)
        elif changes:
            self._press(now)
        else:
            self._send_rtp(PCMU, SILENCE, self._stamp)

    def _press(self, now):
        self._key, self._pressed = (self._keys.pop(0), self._stamp), now
        self._change_at = now + random.uniform(*KEY)
        self._send_event(*self._key, PACKET)

    def _release(self, now):
        """Sends the end of a key. RFC 4733, 2.5.1.4: it is sent three times."""
        self._last_event = (*self._key, int((now - self._pressed) * RATE), 0x80)
        self._key, self._ends_left = None, 2
        self._change_at = now + random.uniform(*PAUSE) if self._keys else None
        if not self._keys:
            self._released = time.time()
        self._send_event(*self._last_event)

    def _send_event(self, digit, begins, held, end=0):
        self._send_rtp(EVENTS, struct.pack("!BBH", KEYS[digit], end | 10, held), begins)

    def _send_rtp(self, kind, body, stamp):
        head = struct.pack("!BBHII", 0x80, kind, self._sequence & 0xFFFF, stamp & 0xFFFFFFFF, self._ssrc)
        self._sequence += 1
        self.rtp.sendto(head + body, self._remote)

    def _request(self, method, branch, body=""):
        via = f"SIP/2.0/UDP 127.0.0.1:{self.sip.getsockname()[1]};rport;branch={branch}"
        number = 2 if method == "BYE" else 1
        headers = [
            ("Via", via), ("Max-Forwards", "70"), ("From", self._from), ("To", self._to), ("Call-ID", self._id),
            ("CSeq", f"{number} {method}"), ("Contact", self._contact),
        ]
        headers += [("Content-Type", "application/sdp")] if body else []
        self.sip.sendto(sip.Message(f"{method} {self._target} SIP/2.0", headers, body).encode(), self._switch)


def receive(udp):
    """A datagram, and the time of day at which the kernel received it."""
    packet, ((_, _, stamp),), _, _ = udp.recvmsg(2048, 64)
    seconds, nanoseconds = struct.unpack("qq", stamp)
    return packet, seconds + nanoseconds / 1e9


def own_delay():
    """Seconds between two readings as in `reaction` if a packet comes back at once: what the method itself adds."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        udp.bind(("127.0.0.1", 0))
        sent = time.time()
        udp.sendto(b"probe", udp.getsockname())
        return receive(udp)[1] - sent


def play(port, extension, calls, at_once):
    """Plays the calls; returns the result."""
    active, ended, delays = [], [], []
    next_call = time.time()
    while calls or active:
        now = time.time()
        if calls and len(active) < at_once and now >= next_call:
            active.append(Call(port, extension, now))
            calls -= 1
            next_call = now + random.uniform(*BETWEEN)
            delays.append(own_delay())
        due = min([call.due for call in active] + ([next_call] if calls and len(active) < at_once else []))
        sockets = {call.sip: call.receive_sip for call in active} | {call.rtp: call.receive_rtp for call in active}
        readable, _, _ = select.select(list(sockets), [], [], max(0, due - time.time()))
        for one in readable:
            sockets[one]()
        for call in active:
            if call.due <= (now := time.time()):
                call.send(now)
        for call in [call for call in active if call.over]:
            active.remove(call)
            ended.append(call)
            call.close()
    late = [seconds for call in ended for seconds in call.late]
    return {"reactions": [call.reaction for call in ended], "late": late, "delays": delays}


if __name__ == "__main__":
    print(json.dumps(play(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
