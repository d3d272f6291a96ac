"""The servers that are compared, and the call that they serve."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from .process import ServerProcess, free_address
from .programs import BUILT, on_other_core

SWITCHES = ["asterisk", "freeswitch"]
TRIGGERS = ["none", "uncached", "cached"]
DIALSCRIPT, BARE = "dialscript", "bare"
LIBRARIES = {"asterisk": ["blazing_agi"], "freeswitch": ["freeswitch-esl-tokio", "freeswitch-esl"]}
SERVERS = [DIALSCRIPT, BARE, *LIBRARIES["asterisk"], *LIBRARIES["freeswitch"]]

# A first call fills dialscript's cache; the second one is recorded.
RECORDED_CALLS = 2
RECORD_TIMEOUT = 60

SETTINGS = """
[{switch}]
listen = ["{address}"]
[{other}]
listen = []
[server]
max_calls = 20000
[control]
socket = ""
"""

SCRIPT = """
[prompt]
play = "switch:enter-your-order-number"
[keypress]
length = 4
{trigger}
[[branch]]
when = "{answer}"
set  = {{ ORDER_STATUS = "{status}" }}
then = "continue"
[no_input]
then = "hangup"
"""

TRIGGER = """
[trigger]
url = "http://{web}/orders?caller={{caller}}&orderID={{keypress}}"
[response]
key = "data.code"
{cache}
[no_response]
then = "hangup"
"""


@dataclass(frozen=True)
class Server:
    """A server to measure."""

    name: str
    web: str
    # The command line for an address.
    command: Callable[[str], list]


def of_switch(switch, names):
    """Those of the servers that serve a switch."""
    return [name for name in names if name in (DIALSCRIPT, BARE, *LIBRARIES[switch])]


def prepare(folder, switch, trigger, options):
    """The servers to measure that serve a switch, ready for the call. Records a call of dialscript for the bare one."""
    names = of_switch(switch, options.servers)
    folder = folder / switch / trigger
    folder.mkdir(parents=True)
    web = free_address()
    dialscript = Server(DIALSCRIPT, web, dialscript_command(folder, switch, trigger, web, options.binary))
    found = [dialscript] if DIALSCRIPT in names else []
    if BARE in names:
        record(dialscript, switch, folder / "transcript.json")
        url = [] if trigger != "uncached" else [f"http://{web}/orders"]
        found.append(Server(BARE, web, command(BARE, [switch], [folder / "transcript.json", *url])))
    for name in LIBRARIES[switch]:
        if name in names:
            shop = [] if trigger == "none" else [f"http://{web}/orders", trigger]
            found.append(Server(name, web, command(name, [], shop)))
    return found


def command(name, before, after):
    """The command line of a program, with its address between other arguments."""
    return lambda address: [BUILT / name, *before, address, *after]


def dialscript_command(folder: Path, switch, trigger, web, binary):
    """Writes the script and returns a function that writes the settings and makes the command line."""
    text = ""
    if trigger != "none":
        text = TRIGGER.format(web=web, cache='cache = "1h"' if trigger == "cached" else "")
    answer, status = ("4711", "shipped") if trigger == "none" else ("200", "{$data.status}")
    (folder / "scripts").mkdir()
    (folder / "scripts" / "menu.toml").write_text(SCRIPT.format(trigger=text, answer=answer, status=status))
    (other,) = set(SWITCHES) - {switch}

    def make(address):
        settings = folder / "dialscript.toml"
        settings.write_text(SETTINGS.format(switch=switch, other=other, address=address))
        return [binary or BUILT / "dialscript", "serve", "--config", settings]

    return make


def record(dialscript, switch, file):
    """Records what dialscript does in a call."""
    with ServerProcess(dialscript.command) as server:
        record = [BUILT / "calls", "record", switch, server.address, dialscript.web, "0", str(RECORDED_CALLS)]
        recorded = subprocess.run(on_other_core(record), stdout=subprocess.PIPE, timeout=RECORD_TIMEOUT)
        if recorded.returncode:
            raise SystemExit(f"a call could not be recorded; the log of dialscript:\n{server.log().decode()}")
    file.write_bytes(recorded.stdout)
