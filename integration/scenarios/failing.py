"""Web applications that are slow, down or misbehave: the next action of the call is never late.

Each kind of failure has its own script, web application and call, and all fail at the same time. Times are those of the
switch: from the dialplan step that hands the call over to the step at the destination of [no_response].
"""

import re
import time

from lab import misbehaving, web
from lab.expect import expect
from lab.misbehaving import FullBacklog, RefusingPort
from lab.scenario import scenario

TIMEOUT = 1.5
PROMISED = 0.2  # seconds after the timeout
BUSY = 0.5  # further seconds, since the switch, nine calls and the daemon may share two cores

SCRIPT = """
    [trigger]
    url = "{url}"
    timeout = "1.5s"
    {more}
    [response]
    key = "code"
    [[branch]]
    when = "200"
    then = "continue"
    [no_response]
    then = "goto 9200@lab-destinations"
"""

TIMED_OUT = r"no answer within 1\.5s"
CONNECTION_FAILED = r"no connection: .*"
BROKEN_REPLY = r"the reply is broken: .*"
WAITED = {"exchange_ms": 1300}  # connect_ms and answer_ms together

# The answer, the expected reason in the call's line of the log, and minimum values of further fields.
SLOW = {
    "silent": (web.Answer(silent=True), TIMED_OUT, WAITED),
    "late": (misbehaving.late(2.5), TIMED_OUT, WAITED),
    "drips-its-head": (misbehaving.dripping_head(), TIMED_OUT, WAITED),
    "drips-its-body": (misbehaving.dripping_body(), TIMED_OUT, WAITED),
    "says-too-long-a-length": (misbehaving.too_long(keep_open=True), TIMED_OUT, WAITED),
    "endless-and-slow": (misbehaving.endless(0.05), TIMED_OUT, WAITED),
    "redirects-to-silence": (misbehaving.redirect("/silence"), TIMED_OUT, WAITED),
}
MISBEHAVING = {
    "resets": (web.Answer(reset=True), CONNECTION_FAILED, {"attempts": 3, "backoff_ms": 100}),
    "closes-in-the-body": (
        misbehaving.too_long(keep_open=False), BROKEN_REPLY, {"attempts": 3, "backoff_ms": 100},
    ),
    "says-too-short-a-length": (misbehaving.too_short(), r".+", {"http_status": 200}),
    "says-two-lengths": (misbehaving.two_lengths(), BROKEN_REPLY, {"attempts": 3}),
    "packs-a-bomb": (misbehaving.zip_bomb(), r"the answer is longer than 262144 bytes", {}),
    "is-endless": (misbehaving.endless(), r"the answer is longer than 262144 bytes", {}),
    "redirects-away": (
        misbehaving.redirect("http://127.0.0.2:1/"), "HTTP status 302, .* not followed", {"http_status": 302},
    ),
    "shows-a-page": (misbehaving.html_page(), r".*HTML.*", {"http_status": 200}),
    "answers-500": (web.json({"error": 1}, status=500), r".*500.*", {"http_status": 500, "attempts": 3}),
}


def expect_next_action(lab, name):
    """Checks that a call of this script reaches the destination of [no_response] in time."""
    call = lab.call(name)
    seconds = call.reach_destination()
    expect(f"{name}: outcome", call.variables()["DIALSCRIPT_OUTCOME"], "no_response")
    bound = TIMEOUT + PROMISED + BUSY
    expect(f"{name}: in time ({seconds:.2f} s of {bound:g})", seconds < bound, True)


def expect_log_line(lab, name, reason, minimum):
    """Checks the reason and other fields in the call's line of the log."""
    line = next(line for line in lab.daemon.calls if line["script"] == name)
    matches = bool(re.fullmatch(reason, line["reason"]))
    expect(f"{name}: the reason {line['reason']!r} matches {reason!r}", matches, True)
    expect(f"{name}: the exit", line["exit"], "goto 9200@lab-destinations")
    waited = line["trigger_ms"] / 1000
    expect(f"{name}: the request in time ({waited:.2f} s)", waited < TIMEOUT + PROMISED, True)
    line["exchange_ms"] = line.get("connect_ms", 0) + line.get("answer_ms", 0)
    lower = {field: line.get(field) for field, value in minimum.items() if line.get(field, 0) < value}
    expect(f"{name}: fields below {minimum}", lower, {})


def fail_at_once(lab, failures):
    """Plays a call for each of these failures at the same time."""
    for name, (answer, _, _) in failures.items():
        other = lab.another_web().on("/it", answer).on("/silence", web.Answer(silent=True))
        lab.script(name, SCRIPT.format(url=f"{other.url}/it", more=""))
    lab.start()
    lab.in_parallel(lambda name: expect_next_action(lab, name), failures)
    lab.daemon.wait_for_calls(len(failures))
    for name, (_, reason, minimum) in failures.items():
        expect_log_line(lab, name, reason, minimum)


@scenario("however slow a web application is, the next action runs in time, and the log says why", alone=True)
def slow(lab):
    fail_at_once(lab, SLOW)


@scenario("however a web application misbehaves, the next action runs in time, and the log says why", alone=True)
def misbehaves(lab):
    fail_at_once(lab, MISBEHAVING)


@scenario(
    "the next action runs in time if connections are refused, not accepted, or the host name is unknown",
    alone=True,
)
def unreachable(lab):
    failures = {
        "refuses": (f"{lab.close_at_end(RefusingPort()).url}/", CONNECTION_FAILED),
        "is-full": (f"{lab.close_at_end(FullBacklog()).url}/", f"{TIMED_OUT}|{CONNECTION_FAILED}"),
        "has-no-name": ("http://shop.invalid/", f"{TIMED_OUT}|{CONNECTION_FAILED}"),
    }
    for name, (url, _) in failures.items():
        lab.script(name, SCRIPT.format(url=url, more=""))
    lab.start()
    lab.in_parallel(lambda name: expect_next_action(lab, name), failures)
    lab.daemon.wait_for_calls(len(failures))
    for name, (_, reason) in failures.items():
        expect_log_line(lab, name, reason, {"connect_ms": 1300} if name == "is-full" else {})


@scenario("with digits, music and a reassurance the same timeout applies, counted from the last digit")
def from_the_last_key(lab):
    more = 'music = "default"\n[trigger.reassure]\nplay = "sorry"\nevery = "3s"\n'
    keys = '[prompt]\nplay = "welcome"\n[keypress]\nlength = 4\n[no_input]\nthen = "continue"\n'
    script = SCRIPT.format(url="WEB/it", more=more).replace("1.5s", "4s") + keys
    lab.web.on("/it", web.Answer(silent=True))
    call = lab.script("asks", script).call("asks")
    call.hear("welcome")
    released = call.press("1234")
    since = time.time() - (call.now() - released)
    call.hear("sorry")
    seconds = call.reach_destination(since)
    bound = 4 + PROMISED + BUSY
    expect(f"in time ({seconds:.2f} s of {bound:g})", seconds < bound, True)
    expect("outcome", call.variables()["DIALSCRIPT_OUTCOME"], "no_response")
