"""Calls for integration/restart: many, at a constant rate, on a real switch. Each leaves a line in the switch's log."""

import re
import socket
import threading
import time

from .deadline import wait_until
from .eventsocket import EventSocket

# Every tenth call is longer than the time between two restarts.
SCRIPTS = {"short": 2, "long": 12}
SCRIPT = """
    [keypress]
    length = 1
    gap = "{seconds}s"
    [otherwise]
    then = "continue"
    [no_input]
    then = "continue"
"""
EXPECTED = "no_input"
# A variable that is not expanded yet is in the line that announces the step.
RESULT = re.compile(r"restart-call ([0-9]+) \[([^\]$]*)\]")

ASTERISK = """
[restart]
exten => _X.,1,Answer()
 same => n,Set(DIALSCRIPT_OUTCOME=)
 same => n,AGI(agi://{address}/${{IF($["${{EXTEN:-1}}" = "0"]?long:short)}})
 same => n,Log(NOTICE,restart-call ${{EXTEN}} [${{DIALSCRIPT_OUTCOME}}] ${{AGISTATUS}})
 same => n,Hangup()
"""
FREESWITCH = """
<include>
  <context name="restart">
    <extension name="long" continue="true">
      <condition field="destination_number" expression="0$">
        <action application="set" data="lab_script=long"/>
        <anti-action application="set" data="lab_script=short"/>
      </condition>
    </extension>
    <extension name="call">
      <condition field="destination_number" expression="^([0-9]+)$">
        <action application="unset" data="dialscript_outcome"/>
        <action application="socket" data="{address}/${{lab_script}} async full"/>
        <action application="log" data="NOTICE restart-call $1 [${{dialscript_outcome}}]"/>
        <action application="hangup"/>
      </condition>
    </extension>
  </context>
</include>
"""


class AsteriskCalls:
    """Starts calls with the manager interface."""

    dialplan = ASTERISK

    def __init__(self, switch):
        self._socket = socket.create_connection(("127.0.0.1", switch.manager_port))
        self._send(Action="Login", Username="lab", Secret="lab", Events="off")
        threading.Thread(target=self._discard, daemon=True).start()

    def call(self, number):
        """Starts a call."""
        self._send(
            Action="Originate", Channel=f"Local/{number}@restart", Application="Wait", Data="60", Async="true",
        )

    def _send(self, **fields):
        self._socket.sendall(("".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n").encode())

    def _discard(self):
        while self._socket.recv(65536):
            pass


class FreeSwitchCalls:
    """Starts calls with the event socket."""

    dialplan = FREESWITCH

    def __init__(self, switch):
        answer = switch.command("load mod_loopback")
        if "+OK" not in answer and "already" not in answer.lower():
            raise AssertionError(f"FreeSWITCH cannot load mod_loopback: {answer}")
        self._socket = EventSocket(switch.event_port, "lab")

    def call(self, number):
        """Starts a call."""
        self._socket.ask(f"bgapi originate null/caller {number} XML restart")


class Load:
    """Calls at a constant rate, in a thread of its own."""

    def __init__(self, calls, per_second):
        self._calls, self._interval = calls, 1 / per_second
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.started = 0
        self.error = None

    def start(self):
        """Begins."""
        self._thread.start()

    def stop(self):
        """Starts no more calls."""
        self._ends.set()
        self._thread.join()
        if self.error:
            raise self.error

    def _run(self):
        due = time.monotonic()
        try:
            while not self._ends.wait(max(0, due - time.monotonic())):
                self.started += 1
                self._calls.call(100_000 + self.started)
                due += self._interval
        except OSError as error:
            self.error = error


def results(switch, started, within):
    """Waits until each call has ended; returns the outcomes by the numbers of the calls."""
    def ended():
        found = dict(RESULT.findall(switch.log))
        return found if len(found) >= started else None

    try:
        return wait_until(ended, within, "all calls to end", every=0.5)
    except AssertionError:
        return dict(RESULT.findall(switch.log))
