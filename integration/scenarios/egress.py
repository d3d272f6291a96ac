"""Egress rules: a host that a value decides is contacted only if it is allowed, and the call continues otherwise."""

from lab import misbehaving, web
from lab.expect import expect
from lab.scenario import scenario

# Names of this machine, and the metadata service of cloud providers.
LOCAL_HOSTS = ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0.0.0.0"]
METADATA = "http://169.254.169.254/latest/meta-data/"
ALLOWED = [*LOCAL_HOSTS[:2], "::ffff:127.0.0.1", "0.0.0.0", "169.254.169.254", "::1"]

# The hosts are allowed, but no network is.
HOSTS_ONLY = "[egress]\nallow_hosts = [{}]\n".format(", ".join(f'"{host}"' for host in ALLOWED))

NOT_FOLLOWED = "HTTP status 302, a redirect that is not followed"
PRIVATE = "not sent: its host has a private or special-purpose address, which is not in `allow_networks`"

ASKS = """
    [trigger]
    url = "{url}"
    timeout = "3s"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    {sound}
    then = "goto 9100@lab-destinations"
    [no_response]
    then = "goto 4000@lab-destinations"
"""


def script(url, sound=""):
    """A script that sends its request to this URL."""
    return ASKS.format(url=url, sound=sound)


def expect_no_connection(*webs):
    """Checks that these web applications got no connection."""
    seen = [(web.request_log(), web.connections) for web in webs]
    expect("requests and connections", seen, [("nothing", 0)] * len(webs))


def lines(lab, count):
    """The lines of the log for this number of calls."""
    lab.daemon.wait_for_calls(count)
    return lab.daemon.calls


@scenario("if a value decides the host, no spelling of a private address is contacted, and the call continues")
def private_host(lab):
    other = lab.another_web().on("/it", web.json({"code": 200}))
    lab.daemon.configure(HOSTS_ONLY)
    lab.script("asks", script(f"http://{{arg.host}}:{other.port}/it")).start()

    def expect_no_request(host):
        call = lab.call(f"asks?host={host}")
        call.expect_variables("no_response")
        call.expect_step("4000", "lab-destinations")

    lab.in_parallel(expect_no_request, LOCAL_HOSTS)
    expect_no_connection(other)
    expect("the reasons", {line["reason"] for line in lines(lab, len(LOCAL_HOSTS))}, {PRIVATE})


@scenario("a redirect to a host that is not allowed is not followed, and the call continues")
def redirects(lab):
    other = lab.another_web().on("/there", web.json({"code": 200}))
    lab.daemon.configure(HOSTS_ONLY)
    # A literal address is checked before a connection, and the redirect is then the answer. A name is checked when it
    # has been resolved.
    by_address = {
        "another-port": f"{other.url}/there", "by-number": f"http://2130706433:{other.port}/there",
        "v6": f"http://[::1]:{other.port}/there", "v4-in-v6": f"http://[::ffff:127.0.0.1]:{other.port}/there",
        "metadata": METADATA, "elsewhere": "http://192.0.2.1/", "file": "file:///etc/passwd",
        "named": f"http://user:word@127.0.0.1:{other.port}/there",
    }
    by_name = {"by-name": f"http://localhost:{other.port}/there", "no-scheme": f"//localhost:{other.port}/there"}
    for name, url in {**by_address, **by_name}.items():
        lab.web.on(f"/{name}", misbehaving.redirect(url))
        lab.script(name, script(f"WEB/{name}"))
    lab.start()

    def expect_not_followed(name):
        call = lab.call(name)
        call.expect_variables("no_response", http_status="302" if name in by_address else "")
        call.expect_step("4000", "lab-destinations")
        seconds = call.seconds_to("4000", "lab-destinations")
        expect(f"{name}: at once ({seconds:.2f} s)", seconds < 1, True)

    lab.in_parallel(expect_not_followed, [*by_address, *by_name])
    expect_no_connection(other)
    reasons = {line["script"]: line["reason"] for line in lines(lab, len(by_address) + len(by_name))}
    expect("the reasons", reasons, {**dict.fromkeys(by_address, NOT_FOLLOWED), **dict.fromkeys(by_name, PRIVATE)})


@scenario("a redirect to a host within allow_hosts and allow_networks is followed")
def redirect_that_is_allowed(lab):
    other = lab.another_web().on("/there", web.json({"code": 200}))
    lab.daemon.configure('[egress]\nallow_hosts = ["127.0.0.1"]\nallow_networks = ["127.0.0.0/8"]')
    lab.web.on("/it", misbehaving.redirect(f"{other.url}/there"))
    call = lab.script("asks", script("WEB/it")).call("asks")
    call.expect_variables("matched", code="200", http_status="200")
    expect("requests", other.request_log(), "GET /there")


@scenario("{play:$url} at a private address, or redirected to one, is not fetched, and the call continues")
def sounds(lab):
    sound = web.sound(lab.sound_file("chime"))
    other = lab.another_web().on("/chime.wav", sound)
    third = lab.another_web(address="127.0.0.3").on("/chime.wav", sound)
    # Sounds may be fetched from the second host, which redirects elsewhere.
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

    def expect_skipped(which):
        lab.web.on(f"/it/{which}", web.json({"code": 200, "url": urls[which]}))
        call = lab.call(f"asks?which={which}")
        call.hear("matched")
        call.expect_variables("matched", code="200", http_status="200")
        call.expect_step("9100", "lab-destinations")
        expect("sounds heard", [heard.name for heard in call.heard()], ["matched"])

    lab.in_parallel(expect_skipped, range(len(urls)))
    expect_no_connection(other, third)
    expect("requests that were redirected", len(second.requests), 3)
