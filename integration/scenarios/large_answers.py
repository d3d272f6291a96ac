"""The most expensive answers that are accepted: what they keep, and what they cost other calls.

The callers are AGI connections without a telephone, so that hundreds of them fit on a small machine.
"""

import subprocess
import sys
import threading
import time
from pathlib import Path

from lab.agi_caller import AgiCaller
from lab.answer_load import WorstWeb
from lab.expect import expect
from lab.scenario import scenario

WORST = """
    [trigger]
    url = "http://127.0.0.1:{port}/"
    timeout = "30s"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    play = "matched"
    [otherwise]
    [no_response]
"""
# Several commands, and no request.
OTHER = """
    [prompt]
    play = ["welcome", "matched"]
    [otherwise]
    set = { a = "1", b = "2" }
    then = "continue"
"""

CALLS = 200
AT_ONCE = 4
MAX_MEGABYTES = 100

CALLERS = 50
SECONDS = 8
# A program without optimization reads an answer in 50 times the time.
MAX_SECONDS = {"release": 0.05, "debug": 0.3}


def resident_megabytes(pid):
    """The memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError("the daemon has ended")


@scenario("200 calls that hold the largest answers while a sound plays take less than 100 MB", alone=True,
          only_on="asterisk")
def memory(lab):
    lab.script("worst", WORST.format(port=WorstWeb().port)).script("other", OTHER).start()
    AgiCaller(lab.daemon.port, "other").run()
    before = resident_megabytes(lab.daemon.pid)
    all_hold, held, callers = threading.Event(), threading.Semaphore(0), []

    def hold():
        held.release()
        all_hold.wait(60)

    for _ in range(CALLS // AT_ONCE):
        for _ in range(AT_ONCE):
            callers.append(threading.Thread(target=AgiCaller(lab.daemon.port, "worst", hold).run))
            callers[-1].start()
        for _ in range(AT_ONCE):
            expect("a call reached its sound", held.acquire(timeout=30), True)
    added = resident_megabytes(lab.daemon.pid) - before
    all_hold.set()
    for caller in callers:
        caller.join()
    expect(f"less than {MAX_MEGABYTES} MB ({added:.0f} MB)", added < MAX_MEGABYTES, True)


@scenario("while 50 callers get the most expensive answers, other calls are served as quickly as ever", alone=True,
          only_on="asterisk")
def other_calls(lab):
    command = [sys.executable, "-m", "lab.answer_load", str(CALLERS), str(SECONDS)]
    folder = Path(__file__).parent.parent
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
        port = int(load.stdout.readline())
        lab.script("worst", WORST.format(port=port)).script("other", OTHER).start()
        print(lab.daemon.port, file=load.stdin, flush=True)
        end, waits = time.monotonic() + SECONDS, []
        while time.monotonic() < end:
            waits.append(AgiCaller(lab.daemon.port, "other").run().slowest)
            time.sleep(0.01)
        calls, matched = map(int, load.stdout.readline().split())
    expect("expensive answers that were accepted", matched, calls)
    waits.sort()
    slow = waits[len(waits) * 99 // 100]
    build = "release" if "release" in Path(lab.daemon.binary).parts else "debug"
    limit = MAX_SECONDS[build]
    measured = f"{len(waits)} other calls beside {calls}: the 99th percentile of a command is {slow * 1000:.0f} ms"
    expect(f"{measured}, below {limit * 1000:.0f} ms", slow < limit, True)
