"""The trace of a call: in the requests of its scripts, in the log, and exported to a collector."""

import re

from lab import collector, web
from lab.expect import expect
from lab.scenario import scenario

SCRIPT = """
    [keypress]
    length = 4
    sensitive = true
    [trigger]
    url = "WEB/pins?pin={keypress}"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    then = "continue"
    [no_input]
    then = "continue"
    [no_response]
    then = "continue"
"""
OTLP = """
[otlp]
endpoint = "{url}"
"""
PIN = "4711"


def traceparents_of_call(lab):
    """Plays a call whose request is sent twice. Returns the headers of both, and the trace in the log."""
    lab.script("asks", SCRIPT).web.on("/pins", web.in_turn(web.Answer(503), web.json({"code": 200})))
    call = lab.call("asks")
    call.wait_to_be_picked_up()
    call.press(PIN)
    call.wait_until_over()
    lab.daemon.wait_for_calls(1)
    return [request.headers["traceparent"] for request in lab.web.requests], lab.daemon.calls[0]["trace"]


@scenario("all requests of a call carry its trace, which the call's line of the log names")
def in_requests(lab):
    headers, trace = traceparents_of_call(lab)
    for header in headers:
        expect(f"trace and flags of {header}", bool(re.fullmatch(f"00-{trace}-[0-9a-f]{{16}}-01", header)), True)
    expect("different attempts", len(set(headers)), 2)


@scenario("a collector gets the trace of a call with its steps, and nothing that the caller entered")
def exported(lab):
    receiver = lab.close_at_end(collector.Collector())
    lab.daemon.configure(OTLP.format(url=receiver.url))
    headers, trace = traceparents_of_call(lab)
    spans = receiver.wait_for("call asks")
    expect("traces", {span.trace_id.hex() for span in spans}, {trace})
    names = sorted(span.name for span in spans if span.name != "pick up")
    expect("steps", names, ["GET", "GET", "call asks", "hand over", "input", "request"])
    attempts = [f"00-{trace}-{span.span_id.hex()}-01" for span in spans if span.name == "GET"]
    expect("parents in the requests", sorted(headers), sorted(attempts))
    # Identifiers and times can have the same digits.
    shown = re.search(rf"(?<![0-9A-Za-z]){PIN}(?![0-9A-Za-z])", str(spans))
    expect("the PIN in the spans", shown, None)
