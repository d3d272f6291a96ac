"""A called SIP telephone: it picks up at once and plays a tone, by which the caller recognizes it."""

import select
import socket
import threading
import time

from . import g711, sip, tones
from .caller import TICK
from .media import Media

BUSY_FOR = "1009"  # the telephone is busy for this caller


class Callee:
    """A telephone at a port of 127.0.0.1. It can take several calls at once."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._contact = f"<sip:colleague@127.0.0.1:{self.port}>"
        self._tone = g711.to_ulaw(tones.samples(tones.COLLEAGUE))
        self._calls = {}
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="callee", daemon=True)
        self._thread.start()

    def close(self):
        """Accepts no more calls."""
        self._closed.set()
        self._thread.join()
        self._socket.close()

    def _run(self):
        next_packet = time.monotonic()
        while not self._closed.is_set():
            ready, _, _ = select.select([self._socket], [], [], max(0, next_packet - time.monotonic()))
            if ready:
                datagram, switch = self._socket.recvfrom(65536)
                self._receive(sip.Message.parse(datagram), switch)
            if time.monotonic() >= next_packet:
                for media in self._calls.values():
                    media.send()
                next_packet += TICK

    def _receive(self, request, switch):
        call = request.get("Call-ID")
        if request.method == "INVITE" and f"<sip:{BUSY_FOR}@" in request.get("From"):
            self._socket.sendto(sip.reply(request, "486 Busy Here", call).encode(), switch)
        elif request.method == "INVITE":
            media = self._calls.get(call) or self._new_call(call, request)
            body = sip.session_description(media.port)
            self._socket.sendto(sip.reply(request, "200 OK", call, self._contact, body).encode(), switch)
        elif request.method != "ACK" and request.status is None:
            self._socket.sendto(sip.reply(request, "200 OK", call, self._contact).encode(), switch)
            if request.method == "BYE" and call in self._calls:
                self._calls.pop(call).close()

    def _new_call(self, call, invite):
        media = Media(time.monotonic())
        media.connect(invite.media)
        media.loop(self._tone)
        self._calls[call] = media
        return media
