"""[hangup]: a request is sent after a caller hangs up, although the channel has ended."""

from lab import web
from lab.deadline import wait_until
from lab.expect import expect
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
    url = "WEB/hangup"
    body = "digits={keypress}&caller={caller}"
    retry = 3
"""

DOWN = web.json({"error": "down"}, status=500)
ACCEPTED = web.Answer(204)


def dial(lab):
    """A call to the script. The first two requests of [hangup] fail, the third succeeds."""
    lab.web.on("/hangup", web.in_turn(DOWN, web.Answer(reset=True), ACCEPTED))
    lab.web.on("/it", web.json({"code": 200}, delay=5.0))
    call = lab.script("asks", SCRIPT).call("asks")
    call.hear("ask")
    return call


def hangup_requests(lab):
    """The requests of [hangup]."""
    return [request for request in lab.web.requests if request.path == "/hangup"]


def expect_hangup_requests(lab, digits):
    """Checks that the request was sent with these digits until it succeeded."""
    def succeeded():
        return len(hangup_requests(lab)) == 3 and hangup_requests(lab)[-1].complete

    wait_until(succeeded, 5, "the requests of [hangup]")
    form = [("digits", digits), ("caller", "1001")]
    received = [(request.method, request.form) for request in hangup_requests(lab)]
    expect("requests of [hangup]", received, [("POST", form)] * 3)
    wait_until(lambda: "background request sent" in lab.daemon.log, 3, "the log line of the background request")
    expect("requests", len(hangup_requests(lab)), 3)


@scenario("[hangup]: a caller hangs up during the prompt, and the request is sent, with retries after errors")
def in_the_prompt(lab):
    call = dial(lab)
    call.hang_up()
    call.expect_variables("hangup")
    expect_hangup_requests(lab, "")


@scenario("[hangup]: a caller hangs up while typing, and the request has the digits so far")
def while_typing(lab):
    call = dial(lab)
    call.press("12")
    call.wait_until_received("12")
    call.hang_up()
    call.expect_variables("hangup", input="12")
    expect_hangup_requests(lab, "12")


@scenario("[hangup]: a caller hangs up while waiting for the answer, and the request has all digits")
def while_waiting(lab):
    call = dial(lab)
    call.press("1234")
    lab.web.wait_for(1)
    call.hang_up()
    call.expect_variables("hangup", input="1234")
    expect_hangup_requests(lab, "1234")


@scenario("[hangup]: a call that ends normally sends no request")
def to_the_end(lab):
    call = dial(lab)
    lab.web.on("/it", web.json({"code": 200}))
    call.press("1234")
    call.hear_whole("pin")
    call.expect_variables("matched", code="200", input="1234", http_status="200")
    silent = lab.call("asks")
    silent.wait_until_over(20)
    expect("outcome", silent.variables()["DIALSCRIPT_OUTCOME"], "no_input")
    lab.daemon.wait_for_calls(2)
    lab.daemon.terminate()
    lab.daemon.wait_to_end(within=5)
    expect("requests of [hangup]", hangup_requests(lab), [])


@scenario("[hangup]: if the daemon is stopped meanwhile, the request still completes")
def stopped(lab):
    call = dial(lab)
    lab.web.on("/hangup", web.in_turn(DOWN, web.Answer(204, delay=1.5)))
    call.press("12")
    call.wait_until_received("12")
    call.hang_up()
    wait_until(lambda: len(hangup_requests(lab)) == 2, 5, "the requests of [hangup]")
    lab.daemon.terminate()
    code, seconds = lab.daemon.wait_to_end(within=8)
    expect("exit code", code, 0)
    expect("it stopped soon after the answer", 0.5 < seconds < 4, True)
    expect("the answer was sent", hangup_requests(lab)[-1].complete, True)
    expect("requests of [hangup]", hangup_requests(lab)[-1].form, [("digits", "12"), ("caller", "1001")])
