"""Asterisk's side of the calls: the account of the telephone, the two lines of the dialplan, and what a caller hears."""

import threading
import time

from lab.caller import SipCall
from lab.detection import likeness
from lab.expect import expect

SIP_PORT = 5060
SPOKEN = "/var/tmp/spoken.wav"  # in the machine
ACCOUNT = f"""
[udp]
type = transport
protocol = udp
bind = 127.0.0.1:{SIP_PORT}

[phone]
type = endpoint
transport = udp
context = from-phones
disallow = all
allow = ulaw
direct_media = no
identify_by = ip

[phone]
type = identify
endpoint = phone
match = 127.0.0.1
"""
# What the manual says in its two lines, for each script that is called.
DIALPLAN = """
[from-phones]
exten => 7000,1,AGI(agi://127.0.0.1/hello)
 same => n,Hangup()
exten => 7001,1,Set(DIALSCRIPT_OUTCOME=)
 same => n,AGI(agi://127.0.0.1/second)
 same => n,Hangup(${IF($["${DIALSCRIPT_OUTCOME}" = ""]?34:16)})
"""
HANDED_BACK = 16  # the hangup cause of normal clearing; 34 if no script ran


def call(extension, within=30):
    """A call to its end, with what was recorded."""
    made = SipCall(SIP_PORT, extension)
    try:
        made.wait_to_be_picked_up(within=15)
        made.wait_to_end(within)
    finally:
        made.close()
    return made


def expect_to_hear(machine, extension, text, folder):
    """Calls, and compares the recording with what espeak-ng speaks in the machine."""
    machine.shell(f"echo '{text}' | espeak-ng --stdin -v en -s 175 -w {SPOKEN}")
    spoken = folder / "spoken.wav"
    spoken.write_bytes(machine.path(SPOKEN).read_bytes())
    recording = call(extension).media.recording
    expect("something was recorded", bool(recording), True)
    similarity = likeness(recording, spoken)
    expect(f"similarity {similarity:.2f} of {len(recording) / 8000:.1f} s is over 0.9", similarity > 0.9, True)


class SteadyCalls:
    """Calls at a constant rate, each of which is heard to its end."""

    def __init__(self, extension, per_second):
        self._extension, self._pause = extension, 1 / per_second
        self._stopped = threading.Event()
        self._threads = []
        self.causes = []
        self._caller = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._caller.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._caller.join()
        for thread in self._threads:
            thread.join(60)

    def started(self):
        """The number of calls that were begun."""
        return len(self._threads)

    def _run(self):
        while not self._stopped.is_set():
            thread = threading.Thread(target=self._call, daemon=True)
            thread.start()
            self._threads.append(thread)
            time.sleep(self._pause)

    def _call(self):
        try:
            self.causes.append(call(self._extension).cause)
        except (AssertionError, OSError) as problem:
            self.causes.append(str(problem))
