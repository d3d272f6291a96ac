"""Asterisk's manager interface, read only: records of channels.

The events of a channel arrive in order and have the literal values of variables. A line logged by the dialplan would
be expanded, quoted and split.
"""

import re
import socket
import threading

from .channel import Channel, Step
from .deadline import wait_until

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class Manager:
    """A connection to the manager interface, and the records of the channels."""

    def __init__(self, port, user, secret):
        self._socket = wait_until(lambda: _connect(port), 20, "the manager interface of Asterisk")
        self._lines = self._socket.makefile("r", encoding="utf-8", errors="surrogateescape", newline="\r\n")
        self._channels = {}
        self._by_call = {}
        self.booted = threading.Event()
        self._socket.sendall(f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\n\r\n".encode())
        threading.Thread(target=self._read, name="manager", daemon=True).start()

    def channel(self, call_id, within=5):
        """The record of the channel of a SIP call, by its Call-ID, which the lab's dialplan sets as a variable."""
        return wait_until(lambda: self._by_call.get(call_id), within, "the call's channel to enter the dialplan")

    def close(self):
        """Closes the connection."""
        self._socket.close()

    def _read(self):
        event = {}
        try:
            for line in self._lines:
                line = line.removesuffix("\r\n")
                if line:
                    name, _, value = line.partition(": ")
                    event.setdefault(name, value)
                else:
                    self._record(event)
                    event = {}
        except (OSError, ValueError):
            pass  # The switch has stopped, or the connection was closed.

    def _record(self, event):
        kind = event.get("Event")
        if kind == "FullyBooted":
            self.booted.set()
        if "Uniqueid" not in event:
            return
        channel = self._channels.setdefault(event["Uniqueid"], Channel(event["Uniqueid"], event.get("Channel", "")))
        if kind == "Newexten":
            channel.steps.append(Step(
                event["Context"], event["Extension"], int(event["Priority"]), event["Application"],
                event.get("AppData", ""), dict(channel.variables), float(event["Timestamp"]),
            ))
        elif kind == "VarSet":
            self._set(channel, event["Variable"], _unescaped(event.get("Value", "")))
        elif kind == "Hangup":
            channel.cause = int(event["Cause"])

    def _set(self, channel, name, value):
        channel.variables[name] = value
        channel.written.append((name, value))
        if name == "LAB_CALL":
            self._by_call[value] = channel


def _connect(port):
    try:
        return socket.create_connection(("127.0.0.1", port))
    except ConnectionRefusedError:
        return None


def _unescaped(text):
    """Decodes the C escapes in the value of VarSet (manager_channels.c, varset: ast_escape_c_alloc)."""
    return re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), text)
