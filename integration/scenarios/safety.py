"""Values from callers and web applications are never executed, and sensitive values stay hidden."""

import uuid
from pathlib import Path

from lab import web
from lab.expect import expect
from lab.scenario import scenario

SCRIPT = """
    [trigger]
    url = "WEB/it"
    [response]
    key = "code"
    [[branch]]
    when = { present = true }
    set = { NOTE = "{$note}" }
    then = "continue"
    [no_response]
    then = "continue"
"""


@scenario("a hostile answer has no effect on the switch and is literal text in variables")
def hostile_answer(lab):
    proof = Path("/tmp") / f"dialscript-{uuid.uuid4()}"
    attacks = [
        f"${{SHELL(touch {proof})}}", f"SHELL(touch {proof})", f"${{system(touch {proof})}}", "${expr(1+1)}",
        f"$\\'{{system(touch {proof})}}", f"%[api_on_answer='system touch {proof}']", "api unload mod_event_socket",
        "\n\nsendmsg\ncall-command: hangup\n\n", "^^;a=b;OWNED=yes",
        f"$[1 + 1] ${{EXTEN}} `touch {proof}`",
        'quo"te and \'single\'', "back\\slash \\n \\", "a) ${b} ${c", "comma, semicolon; percent % & |",
        f'"\nEXEC System "touch {proof}"\n', f"x\r\nSET VARIABLE OWNED yes\r\n", "nul\0byte", "ünï 中文 😀",
    ]
    lab.script("asks", SCRIPT).start()
    expect("an attack could run a command", lab.switch.runs_commands, True)
    for attack in attacks:
        lab.web.on("/it", web.json({"code": attack, "note": f"<{attack}>"}))
        call = lab.call("asks")
        call.expect_variables("matched", code=attack, http_status="200")
        expect("a variable that the script sets", call.variables()["NOTE"], f"<{lab.switch.variable_text(attack)}>")
        expect("variables that nobody set", call.variables().get("OWNED"), None)
    expect("a file made by the attack", proof.exists(), False)


@scenario("control characters of an answer reach no variable: a terminal would interpret them")
def control_characters(lab):
    lab.script("asks", SCRIPT)
    lab.web.on("/it", web.json({"code": "\x1b[2Jx\x07\x9b\u202ey", "note": "\x1b[31mz"}))
    call = lab.call("asks")
    call.expect_variables("matched", code=" [2Jx  " + " y", http_status="200")
    expect("a variable that the script sets", call.variables()["NOTE"], lab.switch.variable_text(" [31mz"))


@scenario("a hostile destination is rejected: the outcome is error, and the call continues")
def hostile_destination(lab):
    proof = Path("/tmp") / f"dialscript-{uuid.uuid4()}"
    lab.script("asks", SCRIPT.replace('then = "continue"\n    [no', 'then = "goto {$code}@lab-destinations"\n    [no'))
    shell = f"${{SHELL(touch {proof})}}"
    for attack in (shell, "9100,1\nEXEC System ls", "9100@lab-destinations,2", "9100,2", '9100" "', "", " "):
        lab.web.on("/it", web.json({"code": attack}))
        call = lab.call("asks")
        call.expect_variables("error", code=attack, http_status="200")
        expect("a step at the destination", call.channel.at("9100"), None)
    expect("a file made by the attack", proof.exists(), False)


@scenario("a context and a priority from an answer may only use the characters of a destination", only_on="asterisk")
def hostile_context(lab):
    lab.script("asks", SCRIPT.replace('then = "continue"\n    [no', 'then = "goto 9100@{$code},{$note}"\n    [no'))
    for context, priority, outcome in (
        ("lab-destinations", "2", "matched"), ("lab-destinations,2", "1", "error"),
        ("lab-destinations", "1 2", "error"), ("lab-destinations", "n+101", "error"),
    ):
        lab.web.on("/it", web.json({"code": context, "note": priority}))
        lab.call("asks").expect_variables(outcome, code=context, http_status="200")


@scenario("a value too long for a command is truncated, and the call continues normally")
def long_value(lab):
    lab.script("asks", SCRIPT)
    value = 'ab"\\' * 5000
    lab.web.on("/it", web.json({"code": value, "note": "short"}))
    call = lab.call("asks")
    call.wait_until_over()
    seen = call.variables()
    expect("outcome and note", (seen["DIALSCRIPT_OUTCOME"], seen["NOTE"]), ("matched", "short"))
    code = seen["DIALSCRIPT_CODE"]
    expect("the value is truncated, but has some length", (value.startswith(code), len(code) > 500), (True, True))


# Values that the splitting of arguments in Asterisk leaves alone, and values that it would change.
HARMLESS = [
    "a", "", " ", "  leading", "trailing  ", "two  words", "", "ünï 中文 😀", "semi;colon", ";", "$", "${EXTEN}", "$[1 + 1]",
    "100 %", "%20", "a|b", "'single'", "{a}", "a&b=c", "#~^`*?!/<>", "a.b:c-d_e", "tab\there", "last",
]
HOSTILE = [
    ",", "a,b", ",,", "a,", ",b", '"', 'quo"te', '"a,b"', "\\", "back\\slash", "end\\", "a\\,b", '\\"', "(", ")", "a(b,c)d", "((",
    "))", "[", "]", "[a,b]", "[(", "1),OWNED(", '",OWNED="yes', "x,yes) OWNED=yes", "ARRAY(OWNED)", "${SHELL(id)}",
    "\r\nSET VARIABLE OWNED yes\r\n", '"\nEXEC System "id"\n',
]
LONG = ["x" * 1900, "y" * 3000, "," * 1900, '"' * 1500, "ü" * 1500]


@scenario(
    "hostile and harmless values become the same variables set together by one command and, without func_strings, one "
    "by one",
    only_on="asterisk",
)
def set_together(lab):
    # Hostile values stand alone, at the beginning, in the middle and at the end of harmless ones.
    values = [*HARMLESS, *HOSTILE, *(value for pair in zip(HOSTILE, HARMLESS * 2) for value in pair), *LONG, *HARMLESS]
    names = [f"V{number}" for number in range(len(values))]
    assignments = ", ".join(f'{name} = "{{$v[{number}]}}"' for number, name in enumerate(names))
    lab.script("sets", SCRIPT.replace('NOTE = "{$note}"', assignments))
    lab.web.on("/it", web.json({"code": "200", "v": values}))
    complete = lab.switch
    bare = complete.another(lab.folder / "bare", "", without="func_strings")
    lab.close_at_end(bare)
    bare.start()
    expect("Asterisk without ARRAY", "syntax" in bare.command("core show function ARRAY").lower(), False)
    expect("Asterisk with ARRAY", "syntax" in complete.command("core show function ARRAY").lower(), True)
    seen = []
    # The same daemon gets calls of both from one address, alternately.
    for lab.switch in (complete, bare, complete, bare):
        call = lab.call("sets")
        call.expect_variables("matched", code="200", http_status="200")
        seen.append([call.variables().get(name) for name in names])
        expect("variables that nobody set", call.variables().get("OWNED"), None)
    lab.switch = complete
    for variables in seen[1:]:
        differ = [(value, one, other) for value, one, other in zip(values, seen[0], variables) if one != other]
        expect("values that differ", differ, [])
    changed = [
        (value, variable) for value, variable in zip(values, seen[0])
        if variable != script_text(lab, value) and (value not in LONG or not variable or not value.startswith(variable))
    ]
    expect("values that were changed", changed, [])


def script_text(lab, value):
    """The value of a variable that a script sets. Control characters are replaced by spaces."""
    return lab.switch.variable_text(value.replace("\t", " "))


@scenario("a hostile caller name is only text in the request")
def hostile_caller(lab):
    trigger = 'url = "WEB/it?who={caller_name}"\nheaders = { X-Who = "{caller_name}" }'
    lab.script("asks", SCRIPT.replace('url = "WEB/it"', trigger))
    lab.web.on("/it", web.json({"code": 1, "note": ""}))
    name = "${SHELL(id)}&admin=1#x%0d%0aX-Evil: 1"
    call = lab.call("asks", name=name)
    call.expect_variables("matched", code="1", http_status="200")
    received, request = lab.switch.caller_name(name), lab.web.requests[0]
    expect("query", request.query, [("who", received)])
    in_a_header = received.replace("\r", " ").replace("\n", " ")
    expect("headers", (request.headers["x-who"], "x-evil" in request.headers), (in_a_header, False))


@scenario("a sensitive PIN is in no variable and in no file left by the run")
def sensitive(lab):
    pin = "73915508"
    lab.script("pin", """
        [prompt]
        play = "pin"
        repeat = 1
        [keypress]
        length = 8
        min_length = 8
        gap = "1s"
        sensitive = true
        [trigger]
        url = "WEB/it?pin={keypress}"
        music = "default"
        [response]
        key = "code"
        [[branch]]
        when = "200"
        then = "goto {$extension}@lab-destinations"
        [no_input]
        then = "continue"
        [no_response]
        then = "goto {keypress}@lab-destinations"
    """)
    # The web application repeats the PIN in its answer, and fails in the second call.
    lab.web.on("/it", web.json({"code": pin, "extension": "9100"}))
    repeated = lab.call("pin")
    repeated.hear("pin")
    repeated.press(pin)
    repeated.wait_until_over()
    lab.web.on("/it", web.Answer(500, f"no such PIN {pin}"))
    failed = lab.call("pin")
    failed.hear("pin")
    failed.press(pin)
    failed.wait_until_over()
    abandoned = lab.call("pin")
    abandoned.hear("pin")
    abandoned.press(pin[:7])
    abandoned.hang_up()
    abandoned.wait_until_over()
    # One request of the first call, and three attempts of the second.
    expect("requests", [request.query for request in lab.web.requests], [[("pin", pin)]] * 4)
    for call in (repeated, failed, abandoned):
        expect("DIALSCRIPT_INPUT", call.variables()["DIALSCRIPT_INPUT"], "")
    lab.daemon.wait_for_calls(3)
    files = [path for path in lab.folder.rglob("*") if path.is_file()]
    found = [path.name for path in files if pin[:7].encode() in path.read_bytes()]
    expect("files with the PIN", found, [])
