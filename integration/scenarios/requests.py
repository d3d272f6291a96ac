"""The requests that the web application receives."""

import json

from lab import web
from lab.expect import expect
from lab.scenario import scenario

SCRIPT = """
    [trigger]
    {trigger}
    [response]
    {response}
    [[branch]]
    when = "ok"
    then = "continue"
    [no_response]
    then = "continue"
"""


def request_of_call(lab, trigger, response="", script="", calls=1, **caller):
    """Plays a call and returns its request. The web application answers with the text ok."""
    lab.script("asks", SCRIPT.format(trigger=trigger, response=response))
    lab.web.on("/it", web.Answer(200, "ok")).on("/it/1001", web.Answer(200, "ok"))
    call = lab.call(script or "asks", **caller)
    call.expect_variables("matched", code="ok", http_status="200", cache="off" if not response else "miss")
    expect("requests", len(lab.web.requests), 1)
    return lab.web.requests[0]


@scenario("without a body the request is a GET, and values are escaped in path and query")
def get(lab):
    url = 'url = "WEB/it/{caller}?who={caller_name}&to={called}&call={call_id}&s={script}&l={language}"'
    request = request_of_call(lab, url, name="Ann & Bob=50% +x/ü")
    expect("method and body", (request.method, request.body), ("GET", b""))
    expect("path", request.path, "/it/1001")
    query = dict(request.query)
    wanted = {"who": "Ann & Bob=50% +x/ü", "to": "script", "s": "asks", "l": "en"}
    expect("query", {name: query[name] for name in wanted}, wanted)
    expect("the channel's id", query["call"], lab.calls[0].channel.unique_id)
    expect("no raw ampersand or space of the name", request.target.count("&"), 4)


@scenario("with a body the request is a form POST, and values are escaped")
def post(lab):
    request = request_of_call(lab, 'url = "WEB/it"\nbody = "a={caller}&b={caller_name}"', name="x=1&y=2")
    expect("method", request.method, "POST")
    expect("content type", request.headers["content-type"], "application/x-www-form-urlencoded")
    expect("body", request.text, "a=1001&b=x%3D1%26y%3D2")


@scenario("a JSON body keeps its braces, and values are escaped for JSON")
def post_json(lab):
    body = """body = '{"caller": "{caller}", "name": "{caller_name}", "more": {"list": [1, 2]}}'"""
    request = request_of_call(lab, f'url = "WEB/it"\n{body}', name='q"uo\\te')
    expect("content type", request.headers["content-type"], "application/json")
    name = 'q"uo\\te'
    sent = json.loads(request.text)
    expect("caller and constants", (sent["caller"], sent["more"]), ("1001", {"list": [1, 2]}))
    expect("name", sent["name"], lab.switch.caller_name(name))


@scenario("raw_json turns a body in query-string format into a JSON object")
def raw_json(lab):
    request = request_of_call(lab, 'url = "WEB/it"\nbody = "a={caller}&b=x%20y"\nraw_json = true')
    expect("content type", request.headers["content-type"], "application/json")
    expect("body", json.loads(request.text), {"a": "1001", "b": "x y"})


@scenario("headers in query-string format are sent decoded")
def header_string(lab):
    headers = 'headers = "Authorization=Basic%20xyz&customsource=ivr&X-Who={caller}&Content-Type=application/xml"'
    request = request_of_call(lab, f'url = "WEB/it"\nbody = "<call/>"\n{headers}')
    seen = {name: request.headers.get(name) for name in ("authorization", "customsource", "x-who", "content-type")}
    wanted = {
        "authorization": "Basic xyz", "customsource": "ivr", "x-who": "1001", "content-type": "application/xml",
    }
    expect("headers", seen, wanted)
    expect("body", request.text, "<call/>")


@scenario("headers in a table are sent as written")
def header_table(lab):
    request = request_of_call(lab, 'url = "WEB/it"\nheaders = { Authorization = "Basic a+b%20", X-Who = "{caller}" }')
    seen = (request.headers.get("authorization"), request.headers.get("x-who"))
    expect("headers", seen, ("Basic a+b%20", "1001"))


@scenario("a secret from a file is sent in the request and appears in no log")
def secret(lab):
    (lab.folder / "secrets").mkdir()
    (lab.folder / "secrets/token").write_text("s3cr3t-0815\n")
    request = request_of_call(lab, 'url = "WEB/it"\nheaders = { Authorization = "Bearer {secret.token}" }')
    expect("header", request.headers.get("authorization"), "Bearer s3cr3t-0815")
    expect("the secret in the daemon's log", "s3cr3t-0815" in lab.daemon.log, False)


@scenario("arguments come from the query of the agi:// URL and from the other arguments of AGI()", only_on="asterisk")
def arguments(lab):
    url = 'url = "WEB/it?q={arg.order}&one={arg.1}&two={arg.2}&none={arg.nothing}"'
    request = request_of_call(lab, url, script="asks?order=a%20b%26c,first one,second")
    expect("query", request.query, [("q", "a b&c"), ("one", "first one"), ("two", "second"), ("none", "")])


@scenario("a withheld caller number is empty, although the switch knows it")
def withheld(lab):
    url = 'url = "WEB/it?caller={caller}&name={caller_name}"'
    # As a SIP trunk sends it (RFC 3325): only the switch may know the identity.
    identity = [("P-Asserted-Identity", '"Ann" <sip:0301234@127.0.0.1>'), ("Privacy", "id")]
    request = request_of_call(lab, url, number="anonymous", headers=identity)
    expect("query", request.query, [("caller", ""), ("name", "")])


@scenario("a caller without an identity is empty, whatever text stands for it, and a name that looks like one stays")
def anonymous(lab):
    lab.script("asks", SCRIPT.format(trigger='url = "WEB/it?caller={caller}&name={caller_name}"', response=""))
    lab.web.on("/it", web.Answer(200, "ok"))
    callers = [
        ("", "", {"number": "anonymous", "name": "Anonymous", "host": "anonymous.invalid"}),
        ("", "", {"number": "anonymous", "name": "Anonymous", "headers": [("Privacy", "id")]}),
        ("", "", {"number": "Restricted", "name": "Private"}),
        ("", "", {"number": "unavailable", "name": "Unknown Caller"}),
        ("", "", {"number": "unknown"}),
        # Asterisk reads Privacy only together with P-Asserted-Identity.
        ("", "", {"number": "1001", "name": "Ann", "headers": [
            ("P-Asserted-Identity", '"Ann" <sip:1001@127.0.0.1>'), ("Privacy", "id"),
        ]}),
        ("", "", {"number": "1001", "headers": [("Remote-Party-ID", '"Ann" <sip:1001@127.0.0.1>;privacy=full')]}),
        ("1001", "", {"number": "1001", "name": "Anonymous"}),
        ("1001", "Private Bank Ltd", {"number": "1001", "name": "Private Bank Ltd"}),
    ]
    for number, name, caller in callers:
        call = lab.call("asks", **caller)
        call.expect_variables("matched", code="ok", http_status="200")
        expect(f"query of {caller}", lab.web.requests[-1].query, [("caller", number), ("name", name)])


@scenario("a second call with the same values is answered from the cache, without a request")
def cache(lab):
    lab.script("asks", SCRIPT.format(trigger='url = "WEB/it?caller={caller}"', response='cache = "1m"'))
    lab.web.on("/it", web.Answer(200, "ok"))
    lab.call("asks").expect_variables("matched", code="ok", http_status="200", cache="miss")
    lab.call("asks").expect_variables("matched", code="ok", http_status="200", cache="hit")
    expect("requests for two calls", len(lab.web.requests), 1)
    lab.call("asks", number="1002").expect_variables("matched", code="ok", http_status="200", cache="miss")
    expect("requests with another caller", len(lab.web.requests), 2)


@scenario("an answer that matches no branch is not cached")
def not_cached(lab):
    lab.script("asks", SCRIPT.format(trigger='url = "WEB/it"', response='cache = "1m"'))
    lab.web.on("/it", web.Answer(200, "something else"))
    for _ in range(2):
        lab.call("asks").expect_variables("otherwise", code="something else", http_status="200", cache="miss")
    expect("requests for two calls", len(lab.web.requests), 2)


@scenario("a background request is sent, and the call does not wait for its answer")
def background(lab):
    lab.script("notify", '[trigger]\nurl = "WEB/it"\nbody = "caller={caller}"\nbackground = true\n')
    lab.web.on("/it", web.Answer(200, "ok", delay=3.0))
    call = lab.call("notify")
    call.wait_until_over(within=2)
    call.expect_variables("otherwise")
    expect("body", lab.web.wait_for(1).text, "caller=1001")
    expect("picked up", call.picked_up_at, None)


@scenario("if a placeholder decides the host, requests are sent only to allowed hosts in allowed networks")
def host_from_a_placeholder(lab):
    lab.daemon.configure('[egress]\nallow_hosts = ["127.0.0.1"]\nallow_networks = ["127.0.0.0/8"]')
    url = f'url = "http://{{arg.host}}:{lab.web.port}/it"'
    lab.script("asks", SCRIPT.format(trigger=url, response=""))
    other = lab.another_web(address="127.0.0.2", port=lab.web.port).on("/it", web.Answer(200, "ok"))
    lab.web.on("/it", web.Answer(200, "ok"))
    lab.call("asks?host=127.0.0.1").expect_variables("matched", code="ok", http_status="200")
    lab.call("asks?host=127.0.0.2").expect_variables("no_response")
    lab.call("asks?host=127.0.0.1%40127.0.0.2").expect_variables("no_response")
    lab.call("asks?host=127.0.0.2%2F").expect_variables("no_response")
    expect("requests to the other host", other.request_log(), "nothing")


@scenario("connections to the web application are reused")
def connections(lab):
    lab.script("asks", SCRIPT.format(trigger='url = "WEB/it"', response=""))
    lab.web.on("/it", web.Answer(200, "ok"))
    for _ in range(3):
        lab.call("asks").expect_variables("matched", code="ok", http_status="200")
    expect("connections for three calls, one after the other", lab.web.connections, 1)
