"""A calling SIP telephone: it dials, presses keys, speaks, listens and hangs up.

It uses SIP over UDP and one thread for each call. All times are seconds since dialling; the recording uses the same
clock.
"""

import re
import select
import socket
import threading
import time

from . import sip
from .deadline import WaitTimeout
from .detection import STUTTER, ToneDetector, find, longest_silence
from .media import Media

TICK = 0.02  # seconds of an RTP packet
PAUSE = 1.2 * STUTTER  # seconds of silence that end a sound
RESEND = 0.5  # seconds after which an unanswered INVITE is sent again (RFC 3261, T1)


class SipCall:
    """A call, from dialling to its end."""

    def __init__(self, port, extension, headers=(), number="1001", name=None, host=None):
        self._switch_address = ("127.0.0.1", port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._contact = f"<sip:{number}@127.0.0.1:{self._socket.getsockname()[1]}>"
        identity = f"<sip:{number}@{host}>" if host else self._contact
        self._from = f"{sip.quoted(name) if name else ''}{identity};tag={sip.token()}"
        self._address = f"sip:{extension}@127.0.0.1:{port}"
        self._target, self._to = self._address, f"<{self._address}>"
        self._sequence = 1
        self._stopped = threading.Event()
        self._detector = ToneDetector()
        self._next_sound = 0
        self._picked_up = threading.Event()
        self.id = sip.token()
        self.picked_up_at = None
        self.ended_at = None
        self.status = None
        self.cause = None
        self.hung_up_by = None
        self._started = time.monotonic()
        self.media = Media(self._started)
        self._branch = sip.branch()
        self._invite = self._request("INVITE", self._branch)
        self._invite.headers += [*headers, ("Content-Type", "application/sdp")]
        self._invite.body = sip.session_description(self.media.port)
        self._send(self._invite)
        self._thread = threading.Thread(target=self._run, name=f"call to {extension}", daemon=True)
        self._thread.start()

    # Actions of the caller.

    def now(self):
        """Seconds since dialling."""
        return time.monotonic() - self._started

    def press(self, digits, pause=0.1, held=0.1):
        """Presses keys, each after a pause. Returns the second of the call at which the last one was released."""
        return self.media.press(digits, pause, held)

    def say(self, ulaw, wait=True):
        """Plays speech (G.711 u-law) to the switch. Returns the second of the call at which it ended, or at once if not
        `wait`."""
        return self.media.say(ulaw, wait)

    def has_said(self, seconds):
        """Whether at least this much of the current utterance was sent."""
        return self.media.seconds_said >= seconds

    def hear(self, name, within=6.0):
        """Waits until a new sound with this name begins, and returns it. Earlier sounds are skipped."""
        end = self.now() + within
        while True:
            for index, sound in enumerate(self.heard()[self._next_sound:], self._next_sound):
                if sound.name == name:
                    self._next_sound = index + 1
                    return sound
            self._wait_for_sound(end, f"the sound {name}")

    def hear_whole(self, name, within=10.0):
        """Waits for a new sound with this name and for its end."""
        self.hear(name, within)
        return self.wait_for_end_of_sound(within)

    def wait_for_end_of_sound(self, within=10.0):
        """Waits until the last sound that was waited for has ended."""
        sound = self.heard()[self._next_sound - 1]
        end = self.now() + within
        while sound is self.heard()[-1] and self.now() - sound.end < PAUSE and not self._stopped.is_set():
            self._wait_for_sound(end, f"the end of the sound {sound.name}")
        return sound

    def wait_to_be_picked_up(self, within=5.0):
        """Waits for the final reply 200 to the INVITE."""
        if not self._picked_up.wait(within):
            raise WaitTimeout(f"waited {within:g} s to be picked up")

    def wait_to_end(self, within=10.0):
        """Waits until the switch ends the call."""
        if not self._stopped.wait(within):
            raise WaitTimeout(f"waited {within:g} s for the switch to end the call")

    def hang_up(self):
        """Hangs up with BYE, or with CANCEL if the call was not picked up yet."""
        if self._stopped.is_set():
            return
        self.hung_up_by = "caller"
        if self.picked_up_at is None:
            self._send(self._request("CANCEL", self._branch))
        else:
            self._sequence += 1
            self._send(self._request("BYE", sip.branch()))
        self._stopped.wait(3)

    def close(self):
        """Ends the call and frees its sockets."""
        self.hang_up()
        self._stopped.set()
        self._thread.join()
        self._socket.close()
        self.media.close()

    def heard(self):
        """The sounds heard so far."""
        with self.media.changed:
            self._detector.update(self.media.recording)
        return self._detector.detected()

    def gap_before(self, sound):
        """Seconds between the previous sound and this one: the silence in the recording plus the delay of this sound's
        first packet."""
        sounds = self.heard()
        previous = sounds[sounds.index(sound) - 1]
        with self.media.changed:
            silence = longest_silence(self.media.recording, previous.end - TICK, sound.start + TICK)
        elapsed = self.media.arrival(sound.start) - self.media.arrival(previous.end - TICK)
        return silence + max(0, elapsed - (sound.start - previous.end + TICK))

    def find_sound(self, sound_file, first=None):
        """The sound of a file (or a part of its first seconds) in the recording, or None."""
        with self.media.changed:
            recording = bytes(self.media.recording)
        return find(recording, sound_file, first)

    def heard_line(self):
        """The sounds heard so far, as one line of text."""
        return " · ".join(map(str, self.heard())) or "nothing"

    # The telephone.

    def _wait_for_sound(self, end, what):
        if self.now() > end:
            raise WaitTimeout(f"waited for {what}; heard {self.heard_line()}")
        if self._stopped.is_set():
            raise WaitTimeout(f"the call ended while waiting for {what}; heard {self.heard_line()}")
        with self.media.changed:
            self.media.changed.wait(0.05)

    def _run(self):
        next_packet = time.monotonic()
        next_invite = next_packet + RESEND
        while not self._stopped.is_set():
            ready, _, _ = select.select([self._socket, self.media], [], [], max(0, next_packet - time.monotonic()))
            if self.media in ready:
                self.media.receive()
            if self._socket in ready:
                self._receive(sip.Message.parse(self._socket.recv(65536)))
            now = time.monotonic()
            if now >= next_packet:
                self.media.send()
                next_packet += TICK
            if self.status is None and now >= next_invite:
                self._send(self._invite)
                next_invite = now + RESEND

    def _receive(self, message):
        if message.status is None:
            self._send(sip.reply(message, "200 OK", "", self._contact))
            if message.method == "BYE":
                self._end("switch", message)
        elif message.method == "INVITE":
            self._invited(message)
        elif message.method == "BYE":
            self._end("caller", message)

    def _invited(self, reply):
        self.status = reply.status
        if ";tag=" in reply.get("To"):
            self._to = reply.get("To")
        if reply.body:
            self.media.connect(reply.media)
        if reply.status < 200:
            return
        if reply.status >= 300:
            self._send(self._request("ACK", self._branch))
            self._end("switch", reply)
            return
        self._target = re.search(r"<([^>]+)>", reply.get("Contact"))[1]
        self._send(self._request("ACK", sip.branch()))
        if self.picked_up_at is None:
            self.picked_up_at = self.now()
            self._picked_up.set()

    def _end(self, who, message):
        self.ended_at = self.now()
        self.hung_up_by = self.hung_up_by or who
        cause = re.search(r"cause=(\d+)", message.get("Reason"))
        self.cause = int(cause[1]) if cause else None
        self._stopped.set()
        with self.media.changed:
            self.media.changed.notify_all()

    def _request(self, method, branch):
        via = f"SIP/2.0/UDP 127.0.0.1:{self._socket.getsockname()[1]};rport;branch={branch}"
        in_transaction = method == "CANCEL" or (method == "ACK" and branch == self._branch)
        target, to = (self._address, self._to) if in_transaction else (self._target, self._to)
        if method == "CANCEL":  # RFC 3261, 9.1: To as in the INVITE, without the tag of later replies
            to = f"<{self._address}>"
        return sip.Message(f"{method} {target} SIP/2.0", [
            ("Via", via), ("Max-Forwards", "70"), ("From", self._from), ("To", to), ("Call-ID", self.id),
            ("CSeq", f"{self._sequence} {method}"), ("Contact", self._contact),
        ])

    def _send(self, message):
        self._socket.sendto(message.encode(), self._switch_address)
