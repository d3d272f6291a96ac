"""[hangup]: the web application is told of callers who leave before the end, although their channel is gone."""

from lab import web
from lab.bench import expect
from lab.deadline import wait_until
from lab.scenario import scenario

SCRIPT = """
    [prompt]
    play = "ask"
    [keypress]
    length = 4
    gap = "3s"
    first_digit = "2s"
    [trigger]
    url = "WEB/it?digits={keypress}"
    timeout = "10s"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    play = "pin"
    then = "continue"
    [no_input]
    then = "continue"
    [no_response]
    then = "continue"
    [hangup]
    url = "WEB/left"
    body = "digits={keypress}&caller={caller}"
    retry = 3
"""

DOWN = web.json({"error": "down"}, status=500)
TAKEN = web.Answer(204)


def dial(lab):
    """A call to the script; its web application is down when it is told of a caller who left, and then is not."""
    lab.web.on("/left", web.in_turn(DOWN, web.Answer(reset=True), TAKEN))
    lab.web.on("/it", web.json({"code": 200}, delay=5.0))
    call = lab.script("asks", SCRIPT).call("asks")
    call.hear("ask")
    return call


def told(lab):
    """What it was told of callers who left."""
    return [request for request in lab.web.requests if request.path == "/left"]


def expect_told(lab, digits):
    """Checks that it was told of the digits, until it took them."""
    wait_until(lambda: len(told(lab)) == 3 and told(lab)[-1].complete, 5, "the web application to be told")
    form = [("digits", digits), ("caller", "1001")]
    expect("what was told", [(request.method, request.form) for request in told(lab)], [("POST", form)] * 3)
    wait_until(lambda: "told in the background" in lab.daemon.log, 3, "the log to say so")
    expect("requests", len(told(lab)), 3)


@scenario("[hangup]: a caller hangs up during the prompt, and the request is sent, with retries after errors")
def in_the_prompt(lab):
    call = dial(lab)
    call.hang_up()
    call.dialplan_saw("hangup")
    expect_told(lab, "")


@scenario("[hangup]: a caller hangs up while typing, and the request has the digits so far")
def while_typing(lab):
    call = dial(lab)
    call.press("12")
    call.wait_until_taken("12")
    call.hang_up()
    call.dialplan_saw("hangup", input="12")
    expect_told(lab, "12")


@scenario("[hangup]: a caller hangs up while waiting for the answer, and the request has all digits")
def while_waiting(lab):
    call = dial(lab)
    call.press("1234")
    lab.web.wait_for(1)
    call.hang_up()
    call.dialplan_saw("hangup", input="1234")
    expect_told(lab, "1234")


@scenario("[hangup]: a call that ends normally sends no request")
def to_the_end(lab):
    call = dial(lab)
    lab.web.on("/it", web.json({"code": 200}))
    call.press("1234")
    call.hear_out("pin")
    call.dialplan_saw("matched", code="200", input="1234", http_status="200")
    silent = lab.call("asks")
    silent.wait_until_over(20)
    expect("outcome", silent.variables()["DIALSCRIPT_OUTCOME"], "no_input")
    lab.daemon.wait_for_calls(2)
    lab.daemon.terminate()
    lab.daemon.wait_to_end(within=5)
    expect("what was told", told(lab), [])


@scenario("[hangup]: if the daemon is stopped meanwhile, the request still completes")
def stopped(lab):
    call = dial(lab)
    lab.web.on("/left", web.in_turn(DOWN, web.Answer(204, delay=1.5)))
    call.press("12")
    call.wait_until_taken("12")
    call.hang_up()
    wait_until(lambda: len(told(lab)) == 2, 5, "the web application to be told")
    lab.daemon.terminate()
    code, seconds = lab.daemon.wait_to_end(within=8)
    expect("exit code", code, 0)
    expect("it stopped when the answer had come, and not later", 0.5 < seconds < 4, True)
    expect("the answer went out", told(lab)[-1].complete, True)
    expect("what was told", told(lab)[-1].form, [("digits", "12"), ("caller", "1001")])
