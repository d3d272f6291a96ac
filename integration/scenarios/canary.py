"""A PIN that goes everywhere a script can send it, through everything that can fail, and is shown nowhere."""

from lab import canary, web
from lab.bench import expect
from lab.deadline import free_port, wait_until
from lab.misbehaving import Refusing
from lab.redis import PASSWORD, Redis
from lab.scenario import scenario

PIN = "907315508264"  # longer than any port and time, and as unlikely in a random identifier as anything

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
    then = "goto {$place}@lab-places"
    [[branch]]
    when = { pattern = "^[0-9]{12}$" }
    then = "goto {$code}@lab-places"
    [no_input]
    then = "continue"
    [no_response]
    then = "goto {keypress}@lab-places"
    [hangup]
    url = "WEB/left/{keypress}?pin={keypress}"
    fallback_url = "http://127.0.0.1:REFUSED/{keypress}"
    body = "pin={keypress}"
    headers = { X-Pin = "{keypress}" }
    retry = 1
"""

# A host that the PIN decides, which no name server knows.
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

# How the web application answers, and says the PIN in doing so.
ANSWERS = {
    "good": web.json({"code": 200, "place": "9100", "pin": PIN}),
    "repeats": web.json({"code": PIN, "place": "9100"}),
    "fails": web.Answer(500, f"no such PIN {PIN}", headers={"X-Pin": PIN}),
    "refuses": web.json({"error": f"no such PIN {PIN}"}, status=404),
    "broken": web.json('{"code": 200, "pin": "%s"' % PIN),
    "page": web.Answer(200, f"<html><title>{PIN}</title>", f"text/html; pin={PIN}"),
    "redirects": web.Answer(302, headers={"Location": f"http://{PIN}.invalid/{PIN}"}),
    "lies": web.Answer(raw=f"HTTP/1.1 200 {PIN}\r\nContent-Length: {PIN}x\r\nX-{PIN}: 1\r\n\r\n".encode()),
    "garbage": web.Answer(raw=f"{PIN} {PIN}\r\n\r\n".encode()),
    "resets": web.Answer(reset=True),
}


def enters_it(lab, how, script="pin"):
    """A call in which the PIN is entered, to its end."""
    call = lab.call(f"{script}?how={how}")
    call.hear("pin")
    call.press(PIN)
    call.wait_until_over()
    expect(f"{how}: DIALSCRIPT_INPUT", call.variables()["DIALSCRIPT_INPUT"], "")
    return call.variables()["DIALSCRIPT_OUTCOME"]


def leaves(lab):
    """A call whose caller leaves before the last digit; [hangup] fails, then does not."""
    lab.web.on(f"/left/{PIN[:-1]}", web.in_turn(web.Answer(500, PIN), web.Answer(200, PIN)))
    call = lab.call("pin?how=good")
    call.hear("pin")
    call.press(PIN[:-1])
    call.wait_until_taken(PIN[:-1])
    call.hang_up()
    call.wait_until_over()


def has_been(lab, path):
    """How often this path was asked for."""
    return sum(request.path == path for request in lab.web.requests)


@scenario("a sensitive PIN used in URL, body, headers, cache_key and [hangup] appears nowhere, whatever fails")
def nowhere(lab):
    redis, metrics = lab.until_the_end(Redis(lab.folder / "redis")), free_port()
    redis.start()
    lab.daemon.configure(SETTINGS.format(metrics=metrics, redis=redis.port))
    lab.daemon.environment = SECRETS
    script = SCRIPT.replace("REFUSED", str(lab.until_the_end(Refusing()).port))
    host = script[:script.index("    [trigger]")] + HOST + '    [no_input]\n    then = "continue"\n'
    for how, answer in ANSWERS.items():
        lab.web.on(f"/{how}/{PIN}", answer)
    lab.script("pin", script).script("host", host).start()
    *outcomes, _, _ = lab.together(lambda what: what(), [
        *(lambda how=how: enters_it(lab, how) for how in ANSWERS),
        lambda: enters_it(lab, "host", script="host"), lambda: leaves(lab),
    ])
    # Asterisk looks a destination up, and finds no place of that name.
    elsewhere = {"asterisk": ("error", "error"), "freeswitch": ("matched", "no_response")}[lab.switch.kind]
    expect("outcomes", outcomes, ["matched", elsewhere[0], *[elsewhere[1]] * 8])
    enters_it(lab, "good")
    expect("it was kept", (has_been(lab, f"/good/{PIN}"), len(redis.entries) > 0), (1, True))
    wait_until(lambda: has_been(lab, f"/left/{PIN[:-1]}") == 2, 5, "[hangup] to be sent again")
    lab.daemon.wait_for_calls(len(ANSWERS) + 3)
    metrics = f"http://127.0.0.1:{metrics}/metrics"
    found = canary.found("no_response", lab, redis, metrics)
    expect("what is there is found in the log and the metrics", len(found) >= 2, True)
    expect("places with the PIN", canary.found(PIN[:-1], lab, redis, metrics), [])
