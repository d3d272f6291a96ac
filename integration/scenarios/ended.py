"""[ended]: a request reports how a call ended, in whatever way that is. Its placeholders work in [hangup], too."""

from lab import web
from lab.deadline import wait_until
from lab.expect import expect
from lab.scenario import scenario

# The first script of a chain. It reports the end of the call for both scripts.
FIRST = """
    [prompt]
    play = "ask"
    [keypress]
    length = 2
    gap = "3s"
    [otherwise]
    then = "script lookup"
    [no_input]
    then = "continue"
    [ended]
    url = "WEB/ended?outcome={outcome}&code={code}&script={script}&path={path}"
    body = "digits={keypress}&name={lookup.$name}&seconds={duration}"
    retry = 3
"""

# Goes where the web application says.
LOOKUP = """
    [trigger]
    url = "WEB/it?digits={first.keypress}"
    [response]
    key = "to"
    [[branch]]
    when = "destination"
    then = "goto 9100@lab-destinations"
    [[branch]]
    when = "nowhere"
    then = "goto 9999@no-such-context"
    [[branch]]
    when = "hangup"
    then = "hangup busy"
    [[branch]]
    when = "sound"
    play = "ask_more"
    [otherwise]
    then = "continue"
    [no_response]
    then = "continue"
"""

HANGUP = """
    [hangup]
    url = "WEB/left?outcome={outcome}&code={code}&script={script}&path={path}"
    body = "digits={first.keypress}&name={$name}&seconds={duration}"
"""


def dial(lab, to, hangup=""):
    """A call that has entered two digits. The answer to the second script is `to`."""
    lab.script("first", FIRST)
    lab.script("lookup", LOOKUP + hangup)
    lab.web.on("/it", web.json({"to": to, "name": "shop"}))
    call = lab.call("first")
    call.hear("ask")
    call.press("47")
    return call


def report(lab, path="/ended"):
    """The one request about the end of the call, as two dictionaries: its query, and its body."""
    def reports():
        return [request for request in lab.web.requests if request.path in ("/ended", "/left")]

    wait_until(reports, 5, "the request at the end of the call")
    lab.daemon.wait_for_calls(1)
    expect("requests at the end of the call", [request.path for request in reports()], [path])
    return dict(reports()[0].query), dict(reports()[0].form)


def expect_report(lab, outcome, code, path="/ended", least=0, most=10):
    """Checks the request about a call that ended in the second script after so many seconds."""
    query, form = report(lab, path)
    steps = f"first:otherwise,lookup:{outcome}"
    expect("the end", query, {"outcome": outcome, "code": code, "script": "lookup", "path": steps})
    expect("digits and name", (form["digits"], form["name"]), ("47", "shop" if code else ""))
    expect("whole seconds of the call", least <= int(form["seconds"]) <= most, True)


@scenario("[ended]: a chain that leads to a destination is reported once, with values of both scripts")
def at_a_destination(lab):
    call = dial(lab, "destination")
    call.expect_variables("matched", code="destination", http_status="200", script="lookup")
    call.expect_step("9100", "lab-destinations")
    expect_report(lab, "matched", "destination")


@scenario("[ended]: a chain that continues at the next step is reported")
def at_the_next_step(lab):
    call = dial(lab, "anything")
    call.expect_variables("otherwise", code="anything", http_status="200", script="lookup")
    expect_report(lab, "otherwise", "anything")


@scenario("[ended]: a call that the script hangs up is reported")
def hung_up_by_the_script(lab):
    call = dial(lab, "hangup")
    call.wait_to_end()
    expect("who hung up, and the cause", (call.hung_up_by, call.cause), ("switch", 17))
    expect_report(lab, "matched", "hangup")


@scenario("[ended]: a destination that does not exist is reported as an error", only_on="asterisk")
def no_such_destination(lab):
    call = dial(lab, "nowhere")
    call.expect_variables("error", code="nowhere", http_status="200", script="lookup")
    expect_report(lab, "error", "nowhere")


@scenario("[ended]: a caller who enters nothing is reported by the script that asked")
def no_input(lab):
    call = lab.script("first", FIRST.replace('then = "script lookup"', "").replace("{lookup.$name}", "")).call("first")
    call.hear("ask")
    call.expect_variables("no_input")
    query, form = report(lab)
    expect("the end", query, {"outcome": "no_input", "code": "", "script": "first", "path": "first:no_input"})
    # 6 s for the first digit, after the prompt.
    expect("whole seconds of the call", 6 <= int(form["seconds"]) <= 9, True)


@scenario("[ended]: a caller who hangs up in a later script is reported by the script that says how")
def hung_up_by_the_caller(lab):
    call = dial(lab, "sound")
    call.hear("ask_more")
    call.hang_up()
    call.wait_until_over()
    expect_report(lab, "hangup", "sound")


@scenario("[ended]: if the running script has a [hangup], a caller who hangs up is reported by that only")
def hung_up_with_hangup(lab):
    call = dial(lab, "sound", HANGUP)
    call.hear("ask_more")
    call.hang_up()
    call.wait_until_over()
    expect_report(lab, "hangup", "sound", path="/left")


@scenario("[ended]: a call that reaches longest_call is reported as an error, with its duration")
def longest_call(lab):
    lab.daemon.configure('[server]\nlongest_call = "3s"')
    lab.script("first", FIRST)
    call = lab.script("lookup", LOOKUP).call("first")
    call.hear("ask")
    call.expect_variables("error", script="first")
    query, form = report(lab)
    expect("the end", query, {"outcome": "error", "code": "", "script": "first", "path": "first:error"})
    expect("the rest", form, {"digits": "", "name": "", "seconds": "3"})


@scenario("[ended]: a call that the stop of the daemon ends is reported before the daemon exits, also after an error")
def stopped(lab):
    lab.daemon.configure('[server]\ngrace = "1s"')
    lab.script("lookup", LOOKUP)
    lab.web.on("/ended", web.in_turn(web.json({"error": "down"}, status=500), web.Answer(204)))
    call = lab.script("first", FIRST).call("first")
    call.hear("ask")
    lab.daemon.terminate()
    code, _ = lab.daemon.wait_to_end(within=8)
    expect("exit code", code, 0)
    call.expect_variables("error", script="first")
    expect("requests", [(request.path, request.complete) for request in lab.web.requests], [("/ended", True)] * 2)
    expect("the end", dict(lab.web.requests[-1].query)["path"], "first:error")
