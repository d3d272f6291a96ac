"""Only on FreeSWITCH: the options of the `socket` line decide how variables are set, but not what they hold.

With `async full` they are set by functions of the event socket, otherwise by applications.
"""

import itertools
import uuid
from pathlib import Path

from lab import web
from lab.expect import expect
from lab.scenario import scenario

PROOF = Path("/tmp") / f"dialscript-{uuid.uuid4()}"
VALUES = [
    "shipped", "x", " leading", "trailing ", "  both  ", " ", "   ", "", "two  words",
    "'", "''", "'''", "a'b", "'quoted'", "it''s", "'open", "close'", " ' ", "' '", '"', '""', 'a"b', '"quoted"', "`id`",
    "\\", "\\\\", "\\\\\\", "a\\b", "\\n", "\\r", "\\t", "\\s", "\\'", '\\"', "\\$", "\\;", "\\,", "end\\", "\\ ", " \\",
    ";", ";;", "a;b", ";a", "a;", "a;OWNED=yes", "';'", "\\\\;OWNED=yes", "'a;OWNED=yes", "a=b", "=", "==", ",", "a,b",
    "^^", "^^;", "^^;a=b;OWNED=yes", "^^:a:b", "ARRAY::a|:b", "ARRAY::", "|:", "|", "%41", "100%AB", "%", "%%", "&", "+",
    "$", "$$", "a$b", "${", "$$(x)", "${system(touch PROOF)}", "$${hostname}", "\\${system(touch PROOF)}",
    "$\\'{system(touch PROOF)}", "'${system(touch PROOF)}'", "%[execute_on_answer='system touch PROOF']x", "[a=b]c",
    "{a=b}c", "$[1+1]", "mod_event_socket unload", "api reload mod_event_socket", "mod_''event_socket unload",
    "MOD_EVENT_SOCKET'unload", "mod_event_socket\\", "_undef_", "undef", "true", "0", "-1", "--", "#", "//", "a:b", "a: b",
    "\n\nsendmsg\ncall-command: hangup\n\n", "x\r\nexit\r\n\r\n", "api uuid_kill", "uuid_setvar", "nul\0byte",
    "ünï 中文 😀", "ü", "é'é\\é", "x" * 3000, "'" * 1000, "\\" * 1000, "; " * 700,
]
LIST = "ARRAY::"  # FreeSWITCH turns such a value into a list, however the variable is set
EACH = 40  # values of a call
OPTIONS = ("async full", "async", "full")
# Without a sound before, the switch has run no application for the daemon when the script ends.
SCRIPTS = {"with-sound": 'play = "matched"', "without-sound": ""}


def asks(count):
    """A script that sets a variable to each value of the answer, and plays a sound before the hand-over."""
    variables = ", ".join(f'VALUE_{number} = "{{$v{number}}}"' for number in range(count))
    return f"""
        [trigger]
        url = "WEB/it"
        [response]
        key = "code"
        [[branch]]
        when = {{ present = true }}
        set = {{ {variables} }}
        SOUND
        then = "continue"
        [no_response]
        then = "continue"
    """


@scenario("variables hold the same values with and without full or async, and no value is evaluated",
          only_on="freeswitch")
def same_values(lab):
    values = [value.replace("PROOF", str(PROOF)) for value in VALUES]
    stored = []
    for name, sound in SCRIPTS.items():
        lab.script(name, asks(EACH).replace("SOUND", sound))
    for group in (values[at:at + EACH] for at in range(0, len(values), EACH)):
        answer = {f"v{number}": value for number, value in enumerate(group)}
        lab.web.on("/it", web.json({"code": group[-1], **answer}))
        wanted = {f"VALUE_{number}": lab.switch.variable_text(value) for number, value in enumerate(group)}
        lists = []
        for name, options in itertools.product(SCRIPTS, OPTIONS):
            seen = check(lab.call(name, handover={"options": options, "variables": []}), wanted, options)
            lists.append({name: seen.get(name) for name, value in wanted.items() if value.startswith(LIST)})
        expect("values that FreeSWITCH stores as lists, with all options", lists, lists[:1] * len(lists))
        stored += [value for value in lists[0].values() if value]
    expect("FreeSWITCH has stored lists", len(stored) > 0, True)
    expect("a file made by a value", PROOF.exists(), False)


def check(call, wanted, options):
    """Checks the variables of a call, and returns them. An empty value and a variable that does not exist are the same
    to FreeSWITCH."""
    call.wait_until_over()
    seen = call.variables()
    texts = {name: value for name, value in wanted.items() if not value.startswith(LIST)}
    differ = {name: (value, seen.get(name, "")) for name, value in texts.items() if seen.get(name, "") != value}
    expect(f"variables that differ with {options}: wanted and seen", differ, {})
    expect("variables that nobody set", seen.get("OWNED"), None)
    expect("the outcome", seen["DIALSCRIPT_OUTCOME"], "matched")
    return seen


@scenario("with async full, one command of the event socket hands a call over: no application sets its variables",
          only_on="freeswitch")
def no_application(lab):
    lab.script("asks", asks(100).replace("SOUND", 'play = "matched"'))
    lab.web.on("/it", web.json({"code": 1, **{f"v{number}": f"value {number}" for number in range(100)}}))
    for options, by_application in (("async full", False), ("async", True)):
        call = lab.call("asks", handover={"options": options, "variables": []})
        call.wait_until_over()
        wanted = {f"VALUE_{number}": f"value {number}" for number in range(100)}
        seen = call.variables()
        expect("variables", {name: seen.get(name) for name in wanted}, wanted)
        executed = [line for line in lab.switch.last_log(10_000, call.channel.unique_id) if "multiset(^^;VALUE_0=" in line]
        expect(f"applications that set variables with {options}", bool(executed), by_application)
