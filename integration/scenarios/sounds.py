"""Sounds fetched from URLs, imported into the library, or served to a switch on another host."""

import subprocess

from lab import web
from lab.deadline import free_port, wait_until
from lab.expect import expect
from lab.scenario import scenario

# The answer has the URL of a sound; it plays after a sound of the library.
NAMES_A_SOUND = """
    [trigger]
    url = "WEB/it"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    say = "{play:$url}"
    play = "welcome"
    then = "continue"
    [no_response]
    then = "continue"
"""
ALLOW_LOOPBACK = 'allow_networks = ["127.0.0.0/8"]'


def plays(lab, play, more=""):
    """A script that plays this sound, then one of the library."""
    return lab.script("plays", f"""
        [prompt]
        play = ["{play}", "welcome"]
        [otherwise]
        then = "continue"
        {more}
    """)


def hear_all(call, *wanted):
    """Waits until the call has ended, and checks all sounds that were heard."""
    call.wait_to_end()
    expect("heard", [sound.name for sound in call.heard()], list(wanted))


def fetches(lab):
    """The requests for sounds: method, and the ETag in If-None-Match or None."""
    sounds = [request for request in lab.web.requests if request.path.startswith("/sounds/")]
    return [(request.method, request.headers.get("if-none-match")) for request in sounds]


@scenario("an MP3 at a URL is played")
def at_a_url(lab):
    lab.web.on("/sounds/jingle.mp3", web.sound(lab.sound_file("jingle")))
    call = plays(lab, f"{lab.web.url}/sounds/jingle.mp3").call("plays")
    hear_all(call, "jingle", "welcome")
    call.expect_variables("otherwise")


@scenario("a sound whose URL is in the answer is played if allow_hosts has its host")
def url_of_the_answer(lab):
    lab.daemon.configure(f'[egress]\nallow_hosts = ["127.0.0.1"]\n{ALLOW_LOOPBACK}')
    lab.web.on("/sounds/chime.wav", web.sound(lab.sound_file("chime")))
    lab.web.on("/it", web.json({"code": 200, "url": f"{lab.web.url}/sounds/chime.wav"}))
    call = lab.script("names", NAMES_A_SOUND).call("names")
    hear_all(call, "welcome", "chime")
    call.expect_variables("matched", code="200", http_status="200")


@scenario("a sound whose URL is in the answer is not fetched from a host that is not allowed, and the call continues")
def url_that_is_refused(lab):
    other = lab.another_web(address="127.0.0.2").on("/sounds/chime.wav", web.sound(lab.sound_file("chime")))
    lab.daemon.configure(f'[egress]\nallow_hosts = ["127.0.0.1"]\n{ALLOW_LOOPBACK}')
    lab.script("names", NAMES_A_SOUND)
    for url in (f"{other.url}/sounds/chime.wav", "file:///etc/passwd", "/etc/passwd", "switch:beep", "welcome"):
        lab.web.on("/it", web.json({"code": 200, "url": url}))
        call = lab.call("names")
        hear_all(call, "welcome")
        call.expect_variables("matched", code="200", http_status="200")
    expect("requests at the other host", other.request_log(), "nothing")


def twice(lab, headers):
    """Plays two calls that need the same sound; returns the requests for it."""
    lab.web.on("/sounds/jingle.mp3", web.sound(lab.sound_file("jingle"), headers=headers))
    plays(lab, f"{lab.web.url}/sounds/jingle.mp3")
    for _ in range(2):
        hear_all(lab.call("plays"), "jingle", "welcome")
    return fetches(lab)


@scenario("a fetched sound that is still fresh is not requested again")
def fresh(lab):
    expect("fetches", twice(lab, {"Cache-Control": "max-age=3600"}), [("GET", None)])


@scenario("a fetched sound that is stale is revalidated with its ETag")
def stale(lab):
    first, *further = twice(lab, {"Cache-Control": "max-age=0"})
    expect("the first request", first, ("GET", None))
    expect("there are further requests", bool(further), True)
    expect("further requests without an ETag", [fetch for fetch in further if fetch[1] is None], [])


@scenario("a fetched sound is played even if its web server is down")
def web_down(lab):
    requests = twice(lab, {"Cache-Control": "max-age=0"})
    lab.web.close()
    call = lab.call("plays")
    hear_all(call, "jingle", "welcome")
    expect("the first request", requests[0], ("GET", None))


def expect_skipped(lab, answer, settings=""):
    """Checks that a sound with this answer is skipped, that the log says so, and that the call continues."""
    lab.daemon.configure(settings)
    lab.web.on("/sounds/jingle.mp3", answer)
    call = plays(lab, f"{lab.web.url}/sounds/jingle.mp3").call("plays")
    hear_all(call, "welcome")
    call.expect_variables("otherwise")
    lab.daemon.wait_for_log("a part of a prompt could not be played")


@scenario("a sound that the web server does not have is skipped")
def not_there(lab):
    expect_skipped(lab, web.Answer(404, "no such sound"))


@scenario("a sound URL that returns a web page is skipped")
def web_page(lab):
    expect_skipped(lab, web.Answer(200, "<html>please log in</html>" * 100, "audio/mpeg"))


@scenario("a sound whose download breaks off is skipped")
def cut_short(lab):
    body = lab.sound_file("jingle").read_bytes()
    expect_skipped(lab, web.Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 6480\r\n\r\n" + body[:1000]))


@scenario("a sound whose download takes too long is skipped")
def slow(lab):
    expect_skipped(lab, web.Answer(200, silent=True), '[speech]\ntimeout = "1s"')


@scenario("an imported MP3 is played by its name")
def imported(lab):
    plays(lab, "jingle")
    file = lab.folder / "import.toml"
    file.write_text(lab.daemon.settings)
    run = subprocess.run(
        [lab.daemon.binary, "sounds", "import", lab.sound_file("jingle"), "--config", file],
        capture_output=True, text=True, check=False, timeout=20,
    )
    expect(f"exit code of {run.stdout + run.stderr!r}", run.returncode, 0)
    hear_all(lab.call("plays"), "jingle", "welcome")


SERVER = """
[sound_server]
listen = "127.0.0.1:{port}"
[speech]
say = {say}
"""


@scenario("with [sound_server] the switch fetches all sounds over HTTP: library, synthesized texts and digits")
def served(lab):
    port = free_port()
    synthesizer = lab.synthesizer()
    lab.daemon.configure(SERVER.format(port=port, say=synthesizer.engine()))
    lab.script("plays", """
        [prompt]
        play = ["welcome", "ask_more"]
        say = ["Hello", "{digits:caller}", "goodbye"]
        [keypress]
        length = 4
        gap = "2s"
        [otherwise]
        play = "matched"
        then = "continue"
        [no_input]
        then = "continue"
    """)
    lab.start()
    wait_until(lambda: "hello" in map(str.lower, synthesizer.texts), 5, "the texts to be synthesized")
    call = lab.call("plays", number="1203")
    call.hear("say goodbye", within=20)
    call.press("1234")
    call.hear("matched")
    hear_all(
        call, "welcome", "ask_more", "say hello", "say 1", "say 2", "say 0", "say 3", "say goodbye", "matched"
    )
    call.expect_variables("otherwise", input="1234")
    files = [line for line in lab.switch.last_log(1000, call.channel_name) if str(lab.folder) in line]
    expect("lines of the switch's log with files of the daemon", files, [])
    again = lab.call("plays", number="1203")
    again.hear("ask_more")
    again.press("4321")
    again.hear("matched")
    again.expect_variables("otherwise", input="4321")
