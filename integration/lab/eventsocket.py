"""FreeSWITCH's inbound event socket: records of channels, and commands.

Events are requested in JSON, since values in the plain format are partly ambiguous.
"""

import json
import socket
import threading

from .channel import Channel, Step
from .deadline import wait_until

EVENTS = (
    "CHANNEL_CREATE CHANNEL_ANSWER CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE "
    "CHANNEL_DESTROY DTMF"
)
# Every script sets these variables. FreeSWITCH has no empty variables: one that is set to nothing does not exist.
STANDARD = ("OUTCOME", "CODE", "INPUT", "SCRIPT", "HTTP_STATUS", "CACHE")
VARIABLE = "variable_"


class EventSocket:
    """An authenticated connection."""

    def __init__(self, port, password):
        self._socket = wait_until(lambda: _connect(port), 20, "the event socket of FreeSWITCH")
        self._stream = self._socket.makefile("rb")
        self.read()  # auth/request
        self.ask(f"auth {password}")

    def ask(self, command):
        """Sends a command; returns the body of the next message, or its reply text."""
        self._socket.sendall(f"{command}\n\n".encode())
        headers, body = self.read()
        return body or headers.get("Reply-Text", "")

    def read(self):
        """The headers and body of the next message. Raises EOFError at the end of the connection."""
        headers = {}
        while line := self._stream.readline().decode().removesuffix("\n"):
            name, _, value = line.partition(": ")
            headers[name] = value
        if not headers:
            raise EOFError
        body = self._stream.read(int(headers.get("Content-Length", 0)))
        return headers, body.decode("utf-8", "replace")

    def close(self):
        """Closes the connection."""
        self._socket.close()


class Watcher:
    """Reads the events of all channels and records them."""

    def __init__(self, port, password):
        self._events = EventSocket(port, password)
        self._events.ask(f"event json {EVENTS}")
        self._channels = {}
        self._by_call = {}
        self._in_script = set()
        threading.Thread(target=self._read, name="events", daemon=True).start()

    def channel(self, call_id, within=5):
        """The record of the channel of a SIP call, by its Call-ID."""
        return wait_until(lambda: self._by_call.get(call_id), within, "the call's channel to enter the dialplan")

    def named(self, name):
        """The record of the last channel with this name, or None."""
        return next((channel for channel in reversed(self._channels.values()) if channel.name == name), None)

    def close(self):
        """Closes the connection."""
        self._events.close()

    def _read(self):
        try:
            while True:
                headers, body = self._events.read()
                if headers.get("Content-Type") == "text/event-json":
                    self._record(json.loads(body))
        except (OSError, ValueError, EOFError):
            pass  # The switch has stopped, or the connection was closed.

    def _record(self, event):
        unique_id = event["Unique-ID"]
        channel = self._channels.setdefault(unique_id, Channel(unique_id, event.get("Channel-Name", "")))
        channel.variables = _variables(event)
        if event.get("Call-Direction") == "inbound" and (call_id := event.get("variable_sip_call_id")):
            self._by_call[call_id] = channel
        kind = event["Event-Name"]
        if kind == "CHANNEL_EXECUTE":
            self._step(channel, event)
        elif kind == "CHANNEL_EXECUTE_COMPLETE" and event["Application"] == "socket":
            self._in_script.discard(unique_id)
        elif kind == "DTMF":
            channel.digits += event["DTMF-Digit"]
        elif kind == "CHANNEL_DESTROY":
            channel.cause = int(channel.variables.get("HANGUP_CAUSE_Q850", 0))

    def _step(self, channel, event):
        """Records a step of the dialplan. Applications between the start and the end of `socket` are the daemon's."""
        if channel.unique_id in self._in_script:
            return
        channel.steps.append(Step(
            event.get("Caller-Context", ""), event.get("Caller-Destination-Number", ""), 1, event["Application"],
            event.get("Application-Data", ""), channel.variables, int(event["Event-Date-Timestamp"]) / 1e6,
        ))
        if event["Application"] == "socket":
            self._in_script.add(channel.unique_id)


def _variables(event):
    """The variables in an event. The names are in capitals as on Asterisk; FreeSWITCH ignores case."""
    own = {
        name.removeprefix(VARIABLE).upper(): value for name, value in event.items() if name.startswith(VARIABLE)
    }
    return {f"DIALSCRIPT_{name}": "" for name in STANDARD} | own


def _connect(port):
    try:
        return socket.create_connection(("127.0.0.1", port))
    except ConnectionRefusedError:
        return None
