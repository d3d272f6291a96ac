"""Retries, fallback_url and the circuit breaker."""

import re

from lab import web
from lab.deadline import wait_until
from lab.expect import expect
from lab.misbehaving import RefusingPort
from lab.scenario import scenario

SCRIPT = """
    [trigger]
    url = "WEB/it"
    timeout = "2s"
    {more}
    [response]
    key = "code"
    [[branch]]
    when = "200"
    then = "goto 9100@lab-destinations"
    [no_response]
    then = "goto 4000@lab-destinations"
"""

GOOD = web.json({"code": 200})
DOWN = web.json({"error": "down"}, status=500)
SILENT = web.Answer(silent=True)


def asks(lab, more=""):
    """The script, with these lines in its [trigger]."""
    return lab.script("asks", SCRIPT.format(more=more))


def expect_match(lab, within=2.2):
    """Checks that a call reaches the destination of its branch in time; returns its line in the log."""
    count = len(lab.daemon.calls)
    call = lab.call("asks")
    call.expect_variables("matched", code="200", http_status="200")
    seconds = call.seconds_to("9100", "lab-destinations")
    expect(f"in time ({seconds:.2f} s of {within:g})", seconds < within, True)
    return lab.daemon.wait_for_calls(count + 1)


def expect_no_response(lab, within=2.2):
    """Checks that a call reaches the destination of [no_response] in time; returns its line in the log."""
    count = len(lab.daemon.calls)
    call = lab.call("asks")
    seconds = call.seconds_to("4000", "lab-destinations")
    call.wait_until_over()
    expect(f"in time ({seconds:.2f} s of {within:g})", seconds < within, True)
    expect("outcome", call.variables()["DIALSCRIPT_OUTCOME"], "no_response")
    return lab.daemon.wait_for_calls(count + 1)


def outcome(lab):
    """The outcome of a further call."""
    return lab.call("asks").wait_until_over().variables()["DIALSCRIPT_OUTCOME"]


def fields(line, *names):
    """The values of fields of a line of the log; None for those that it does not have."""
    return tuple(line.get(name) for name in names)


@scenario("HTTP 500, then 200: the request is retried, and the caller notices nothing")
def five_hundred(lab):
    lab.web.on("/it", web.in_turn(DOWN, GOOD))
    line = expect_match(asks(lab), within=1.0)
    expect("attempts, status, reason", fields(line, "attempts", "http_status", "reason"), (2, 200, None))
    expect("the first error is logged", "500" in line["first_error"], True)
    expect("the backoff is logged", line["backoff_ms"] > 0, True)
    expect("requests", len(lab.web.requests), 2)


@scenario("two broken connections, then 200: the request is retried, and the caller notices nothing")
def breaks_once(lab):
    lab.web.on("/it", web.in_turn(web.Answer(reset=True), web.Answer(raw=b"HTTP/1.1 200"), GOOD))
    line = expect_match(asks(lab), within=1.0)
    expect("attempts", line["attempts"], 3)
    expect("the first error is logged", "no connection" in line["first_error"], True)


@scenario("attempt_timeout: no answer, then 200, within one timeout")
def silence_once(lab):
    lab.web.on("/it", web.in_turn(SILENT, GOOD))
    line = expect_match(asks(lab, 'attempt_timeout = "500ms"'))
    expect("attempts and first error", fields(line, "attempts", "first_error"), (2, "no answer within 500ms"))


@scenario("a POST is not retried by default, since its effect could happen twice")
def post(lab):
    lab.web.on("/it", web.in_turn(DOWN, GOOD))
    line = expect_no_response(asks(lab, 'body = "caller={caller}"'))
    expect("requests", [request.method for request in lab.web.requests], ["POST"])
    expect("attempts", line.get("attempts"), None)


@scenario("a POST in a script with retry is sent again with the same body")
def post_with_retry(lab):
    lab.web.on("/it", web.in_turn(DOWN, DOWN, GOOD))
    expect_match(asks(lab, 'body = "caller={caller}"\nretry = 2'))
    expect("requests", [request.form for request in lab.web.requests], [[("caller", "1001")]] * 3)


@scenario("fallback_url is used if the first URL does not answer, within one timeout")
def fallback_for_silence(lab):
    other = lab.another_web().on("/second", GOOD)
    lab.web.on("/it", SILENT)
    line = expect_match(asks(lab, f'fallback_url = "{other.url}/second"'))
    expect("fallback and attempts", fields(line, "fallback", "attempts"), (True, 2))
    expect("the first error is logged", "no answer within 1s" in line["first_error"], True)
    expect("requests", (len(lab.web.requests), len(other.requests)), (1, 1))


@scenario("fallback_url is used if the first URL refuses connections")
def fallback_for_refusal(lab):
    other = lab.another_web().on("/second", GOOD)
    lab.web.close()
    line = expect_match(asks(lab, f'fallback_url = "{other.url}/second"'), within=1.2)
    expect("fallback", line["fallback"], True)
    expect("the first error is logged", "no connection" in line["first_error"], True)


@scenario("if fallback_url fails too, the next action runs within the timeout")
def fallback_is_down(lab):
    lab.web.on("/it", SILENT)
    line = expect_no_response(asks(lab, f'fallback_url = "{lab.close_at_end(RefusingPort()).url}/"'), within=2.4)
    expect("fallback", line["fallback"], True)
    errors = (line["reason"], line["first_error"])
    expect("reason and first error", [bool(re.match("no connection|no answer", text)) for text in errors], [True, True])


@scenario("Retry-After is respected if the timeout allows; otherwise there is no retry")
def retry_after(lab):
    busy = [web.Answer(503, "busy", headers={"Retry-After": seconds}) for seconds in ("1", "30")]
    lab.web.on("/it", web.in_turn(busy[0], GOOD))
    line = expect_match(asks(lab))
    expect("a backoff of a second", 1000 <= line["backoff_ms"] < 1400, True)
    lab.web.on("/it", web.in_turn(busy[1], GOOD))
    line = expect_no_response(lab, within=0.6)
    expect("attempts", line.get("attempts"), None)
    expect("requests", len(lab.web.requests), 3)


@scenario("the circuit breaker opens after repeated failures, calls then continue at once, and it closes again later")
def breaker(lab):
    # Open for long enough that a call begins in this time on a slow machine.
    lab.daemon.configure('[breaker]\nfailures = 3\nopen_for = "5s"')
    lab.web.on("/it", SILENT)
    asks(lab, "retry = 0").start()
    lab.in_parallel(lambda _: expect_no_response(lab, within=2.6), range(3))
    lab.daemon.wait_for_calls(3)
    lab.daemon.wait_for_log("circuit breaker opened")
    expect("the log has this line once", lab.daemon.log.count("circuit breaker opened"), 1)
    requests = len(lab.web.requests)
    line = expect_no_response(lab, within=1)
    expect("the reason", line["reason"], "not sent: the circuit breaker of this host is open after 3 failures")
    expect("requests of the failures", requests, 3)
    expect("further requests", len(lab.web.requests) - requests, 0)
    lab.web.on("/it", GOOD)
    wait_until(lambda: outcome(lab) == "matched", 15, "a call with the outcome matched")
    lab.daemon.wait_for_log("circuit breaker closed")
    expect("the log has this line once", lab.daemon.log.count("circuit breaker closed"), 1)
    expect_match(lab, within=0.6)
