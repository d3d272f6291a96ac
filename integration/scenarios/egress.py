"""What a value decides reaches no place that nobody allowed: no request arrives there, and the call goes on."""

from lab import misbehaving, web
from lab.bench import expect
from lab.scenario import scenario

# Names of this machine, and of the place where clouds keep their machines' secrets.
OURS = ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0.0.0.0"]
METADATA = "http://169.254.169.254/latest/meta-data/"
ALLOWED = [*OURS[:2], "::ffff:127.0.0.1", "0.0.0.0", "169.254.169.254", "::1"]

# The list names the hosts, and no network does.
HOSTS_ONLY = "[egress]\nallow_hosts = [{}]\n".format(", ".join(f'"{host}"' for host in ALLOWED))

NOT_FOLLOWED = "HTTP status 302, a redirect that is not followed"
PRIVATE = "not sent: its host is at a private or special address, and `allow_networks` does not name it"

ASKS = """
    [trigger]
    url = "{url}"
    timeout = "3s"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    {sound}
    then = "goto 9100@lab-places"
    [no_response]
    then = "goto 4000@lab-places"
"""


def script(url, sound=""):
    """One that asks there."""
    return ASKS.format(url=url, sound=sound)


def expect_untouched(*webs):
    """Checks that nothing came there, not even a connection."""
    expect("requests and connections", [(web.asked(), web.connections) for web in webs], [("nothing", 0)] * len(webs))


def lines(lab, count):
    """The lines of the log of so many calls."""
    lab.daemon.wait_for_calls(count)
    return lab.daemon.calls


@scenario("if a value decides the host, no spelling of a private address is contacted, and the call continues")
def private_host(lab):
    other = lab.another_web().on("/it", web.json({"code": 200}))
    lab.daemon.configure(HOSTS_ONLY)
    lab.script("asks", script(f"http://{{arg.host}}:{other.port}/it")).start()

    def is_refused(host):
        call = lab.call(f"asks?host={host}")
        call.dialplan_saw("no_response")
        call.went_to("4000", "lab-places")

    lab.together(is_refused, OURS)
    expect_untouched(other)
    expect("why", {line["reason"] for line in lines(lab, len(OURS))}, {PRIVATE})


@scenario("a redirect to a host that is not allowed is not followed, and the call continues")
def redirects(lab):
    other = lab.another_web().on("/there", web.json({"code": 200}))
    lab.daemon.configure(HOSTS_ONLY)
    # A literal address is judged before anything is done, and then the redirect is the answer; a name when it is
    # looked up.
    by_address = {
        "another-port": f"{other.url}/there", "by-number": f"http://2130706433:{other.port}/there",
        "v6": f"http://[::1]:{other.port}/there", "v4-in-v6": f"http://[::ffff:127.0.0.1]:{other.port}/there",
        "metadata": METADATA, "elsewhere": "http://192.0.2.1/", "file": "file:///etc/passwd",
        "named": f"http://user:word@127.0.0.1:{other.port}/there",
    }
    by_name = {"by-name": f"http://localhost:{other.port}/there", "no-scheme": f"//localhost:{other.port}/there"}
    for name, place in {**by_address, **by_name}.items():
        lab.web.on(f"/{name}", misbehaving.redirect(place))
        lab.script(name, script(f"WEB/{name}"))
    lab.start()

    def is_not_followed(name):
        call = lab.call(name)
        call.dialplan_saw("no_response", http_status="302" if name in by_address else "")
        call.went_to("4000", "lab-places")
        took = call.seconds_to("4000", "lab-places")
        expect(f"{name}: at once ({took:.2f} s)", took < 1, True)

    lab.together(is_not_followed, [*by_address, *by_name])
    expect_untouched(other)
    why = {line["script"]: line["reason"] for line in lines(lab, len(by_address) + len(by_name))}
    expect("why", why, {**dict.fromkeys(by_address, NOT_FOLLOWED), **dict.fromkeys(by_name, PRIVATE)})


@scenario("a redirect to a host within allow_hosts and allow_networks is followed")
def redirect_that_is_allowed(lab):
    other = lab.another_web().on("/there", web.json({"code": 200}))
    lab.daemon.configure('[egress]\nallow_hosts = ["127.0.0.1"]\nallow_networks = ["127.0.0.0/8"]')
    lab.web.on("/it", misbehaving.redirect(f"{other.url}/there"))
    call = lab.script("asks", script("WEB/it")).call("asks")
    call.dialplan_saw("matched", code="200", http_status="200")
    expect("requests", other.asked(), "GET /there")


@scenario("{play:$url} at a private address, or redirected to one, is not fetched, and the call continues")
def sounds(lab):
    sound = web.sound(lab.fetched("chime"))
    other = lab.another_web().on("/chime.wav", sound)
    third = lab.another_web(address="127.0.0.3").on("/chime.wav", sound)
    # The sounds of one host may be fetched, and that one sends us on.
    lab.daemon.configure('[egress]\nallow_hosts = ["127.0.0.2", "127.0.0.3"]\nallow_networks = ["127.0.0.2/32"]')
    second = lab.another_web(address="127.0.0.2")
    second.on("/elsewhere", misbehaving.redirect(f"{other.url}/chime.wav"))
    second.on("/special", misbehaving.redirect(f"{third.url}/chime.wav"))
    second.on("/metadata", misbehaving.redirect(METADATA))
    lab.script("asks", script("WEB/it/{arg.which}", 'say = "{play:$url}"\n    play = "matched"')).start()
    urls = [
        f"{other.url}/chime.wav", f"{third.url}/chime.wav", f"http://localhost:{other.port}/chime.wav",
        f"http://2130706433:{other.port}/chime.wav", METADATA,
        *(f"{second.url}/{name}" for name in ("elsewhere", "special", "metadata")),
    ]

    def is_left_out(which):
        lab.web.on(f"/it/{which}", web.json({"code": 200, "url": urls[which]}))
        call = lab.call(f"asks?which={which}")
        call.hear("matched")
        call.dialplan_saw("matched", code="200", http_status="200")
        call.went_to("9100", "lab-places")
        expect("sounds heard", [heard.name for heard in call.heard()], ["matched"])

    lab.together(is_left_out, range(len(urls)))
    expect_untouched(other, third)
    expect("it was asked for the sounds that it has elsewhere", len(second.requests), 3)
