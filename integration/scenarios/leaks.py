"""A sensitive PIN is used wherever a script can use it, with all kinds of errors, and must not appear anywhere."""

from lab import leaks, web
from lab.deadline import WaitTimeout, free_port, wait_until
from lab.expect import expect
from lab.misbehaving import RefusingPort
from lab.redis import PASSWORD, Redis
from lab.scenario import scenario

PIN = "907315508264"  # long enough not to appear by chance in ports, times and random identifiers

SCRIPT = """
    [prompt]
    play = "pin"
    [keypress]
    length = 12
    min_length = 12
    gap = "2s"
    sensitive = true
    [trigger]
    url = "WEB/{arg.how}/{keypress}?pin={keypress}"
    fallback_url = "http://127.0.0.1:REFUSED/{keypress}?pin={keypress}"
    body = "pin={keypress}&how={arg.how}"
    headers = { X-Pin = "{keypress}" }
    auth = { user = "{keypress}", password = "{keypress}" }
    retry = 1
    timeout = "3s"
    [response]
    key = "code"
    cache = "5m"
    cache_key = "{arg.how} {keypress}"
    stale_for = "5m"
    stale_if_error = "5m"
    [[branch]]
    when = "200"
    then = "goto {$extension}@lab-destinations"
    [[branch]]
    when = { pattern = "^[0-9]{12}$" }
    then = "goto {$code}@lab-destinations"
    [no_input]
    then = "continue"
    [no_response]
    then = "goto {keypress}@lab-destinations"
    [hangup]
    url = "WEB/left/{keypress}?pin={keypress}"
    fallback_url = "http://127.0.0.1:REFUSED/{keypress}"
    body = "pin={keypress}"
    headers = { X-Pin = "{keypress}" }
    retry = 1
"""

# The PIN is part of a host name, which does not exist.
HOST = """
    [trigger]
    url = "http://{keypress}.shop.invalid/{keypress}"
    [no_response]
    then = "continue"
"""

SETTINGS = """
[breaker]
failures = 1000
[metrics]
listen = "127.0.0.1:{metrics}"
[egress]
allow_hosts = ["*.shop.invalid"]
[cache]
shared = "redis://:{{secret.REDIS}}@127.0.0.1:{redis}/0"
shared_secret = "{{secret.SHARED}}"
"""

SECRETS = {"DIALSCRIPT_SECRET_REDIS": PASSWORD, "DIALSCRIPT_SECRET_SHARED": "of the lab, and long enough"}

# Answers of the web application that contain the PIN.
ANSWERS = {
    "good": web.json({"code": 200, "extension": "9100", "pin": PIN}),
    "repeats": web.json({"code": PIN, "extension": "9100"}),
    "fails": web.Answer(500, f"no such PIN {PIN}", headers={"X-Pin": PIN}),
    "refuses": web.json({"error": f"no such PIN {PIN}"}, status=404),
    "broken": web.json('{"code": 200, "pin": "%s"' % PIN),
    "page": web.Answer(200, f"<html><title>{PIN}</title>", f"text/html; pin={PIN}"),
    "redirects": web.Answer(302, headers={"Location": f"http://{PIN}.invalid/{PIN}"}),
    "bad-length": web.Answer(raw=f"HTTP/1.1 200 {PIN}\r\nContent-Length: {PIN}x\r\nX-{PIN}: 1\r\n\r\n".encode()),
    "garbage": web.Answer(raw=f"{PIN} {PIN}\r\n\r\n".encode()),
    "resets": web.Answer(reset=True),
}


def enter_pin(lab, how, script="pin"):
    """Plays a call in which the PIN is entered; returns its outcome."""
    call = lab.call(f"{script}?how={how}")
    call.hear("pin")
    call.press(PIN)
    call.wait_until_over()
    expect(f"{how}: DIALSCRIPT_INPUT", call.variables()["DIALSCRIPT_INPUT"], "")
    return call.variables()["DIALSCRIPT_OUTCOME"]


def hang_up_early(lab):
    """Plays a call that is hung up before the last digit. The request of [hangup] fails at first, then succeeds."""
    lab.web.on(f"/left/{PIN[:-1]}", web.in_turn(web.Answer(500, PIN), web.Answer(200, PIN)))
    call = lab.call("pin?how=good")
    call.hear("pin")
    call.press(PIN[:-1])
    call.wait_until_received(PIN[:-1])
    call.hang_up()
    call.wait_until_over()


def store_answer(lab, redis, attempts=3):
    """Plays calls until Redis has their answer. Where Redis replies later than after 250 ms, as it may on a busy machine,
    the daemon keeps an answer for itself."""
    for attempt in range(attempts):
        try:
            return wait_until(lambda: redis.entries, 3, "an entry in Redis")
        except WaitTimeout:
            if attempt == attempts - 1:
                raise
        lab.daemon.kill()
        lab.daemon.start()
        enter_pin(lab, "good")


def requests_for(lab, path):
    """The number of requests for this path."""
    return sum(request.path == path for request in lab.web.requests)


@scenario("a sensitive PIN used in URL, body, headers, cache_key and [hangup] appears nowhere, whatever fails")
def nowhere(lab):
    redis, metrics = lab.close_at_end(Redis(lab.folder / "redis")), free_port()
    redis.start()
    lab.daemon.configure(SETTINGS.format(metrics=metrics, redis=redis.port))
    lab.daemon.environment = SECRETS
    script = SCRIPT.replace("REFUSED", str(lab.close_at_end(RefusingPort()).port))
    host = script[:script.index("    [trigger]")] + HOST + '    [no_input]\n    then = "continue"\n'
    for how, answer in ANSWERS.items():
        lab.web.on(f"/{how}/{PIN}", answer)
    lab.script("pin", script).script("host", host).start()
    *outcomes, _, _ = lab.in_parallel(lambda play: play(), [
        *(lambda how=how: enter_pin(lab, how) for how in ANSWERS),
        lambda: enter_pin(lab, "host", script="host"), lambda: hang_up_early(lab),
    ])
    # Asterisk can check that the dialplan does not have the destination.
    repeated, failed = {"asterisk": ("error", "error"), "freeswitch": ("matched", "no_response")}[lab.switch.kind]
    expect("outcomes", outcomes, ["matched", repeated, *[failed] * 8])
    enter_pin(lab, "good")
    expect("requests of both calls", requests_for(lab, f"/good/{PIN}"), 1)
    wait_until(lambda: requests_for(lab, f"/left/{PIN[:-1]}") == 2, 5, "[hangup] to be sent again")
    lab.daemon.wait_for_calls(len(ANSWERS) + 3)
    store_answer(lab, redis)
    metrics = f"http://127.0.0.1:{metrics}/metrics"
    found = leaks.find("no_response", lab, redis, metrics)
    expect("a value that is in the log and the metrics is found there", len(found) >= 2, True)
    expect("outputs with the PIN", leaks.find(PIN[:-1], lab, redis, metrics), [])
