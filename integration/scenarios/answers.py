"""Answers that are slow, missing or invalid, and what the caller hears while waiting."""

from lab import web
from lab.expect import expect, expect_about
from lab.scenario import scenario

SCRIPT = """
    [prompt]
    play = "welcome"
    [trigger]
    url = "WEB/it"
    timeout = "2s"
    music = "default"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    play = "matched"
    then = "continue"
    [otherwise]
    play = "sorry"
    then = "continue"
    [no_response]
    play = "unreachable"
    then = "continue"
"""

GOOD = web.json({"code": 200})


def call_with_answer(lab, answer, **caller):
    """A call in which the web application gives this answer."""
    lab.web.on("/it", answer)
    return lab.script("asks", SCRIPT).call("asks", **caller)


def expect_no_response(call, status=""):
    """Checks the outcome no_response, its sound, and that the dialplan continued."""
    call.hear("unreachable")
    call.expect_variables("no_response", http_status=status)
    expect("the next step", call.next_step(), "no_response: ")


@scenario("music on hold plays while an answer is slow, and stops before the next sound")
def music_on_hold(lab):
    call = call_with_answer(lab, web.json({"code": 200}, delay=1.5))
    call.hear_whole("welcome")
    music, matched = call.hear_whole("music"), call.hear("matched")
    welcome = call.heard()[0]
    # A stream of FreeSWITCH needs a moment to start.
    expect_about("silence before the music", music.start - welcome.end, 0.3, within=0.5)
    expect_about("seconds of music", music.seconds, 1.2, within=0.5)
    expect("the music ended before the next sound", music.end <= matched.start, True)
    call.expect_variables("matched", code="200", http_status="200")
    expect("sounds heard", [sound.name for sound in call.heard()], ["welcome", "music", "matched"])


@scenario("a fast answer starts no music on hold")
def no_music(lab):
    call = call_with_answer(lab, GOOD)
    call.hear("matched")
    call.expect_variables("matched", code="200", http_status="200")
    expect("sounds heard", [sound.name for sound in call.heard()], ["welcome", "matched"])


@scenario("music on hold stops when the answer arrives, even if no other sound follows")
def music_ends(lab):
    script = SCRIPT.replace('play = "matched"\n', "")
    lab.web.on("/it", web.json({"code": 200}, delay=1.2))
    call = lab.script("asks", script).call("asks", extension="stays")
    music = call.hear_whole("music")
    call.wait_to_end()
    expect_about("seconds of music", music.seconds, 0.9, within=0.5)
    call.expect_variables("matched", code="200", http_status="200")


@scenario("music can be a sound of the library, which is repeated until the answer arrives")
def music_of_the_library(lab):
    lab.web.on("/it", web.json({"code": 200}, delay=3.0))
    script = SCRIPT.replace('music = "default"', 'music = "sorry"').replace('"2s"', '"5s"')
    call = lab.script("asks", script).call("asks")
    call.hear("matched")
    repeated = sum(sound.seconds for sound in call.heard() if sound.name == "sorry")
    expect_about("seconds of the repeated sound", repeated, 2.6, within=0.5)
    call.expect_variables("matched", code="200", http_status="200")


@scenario("if nothing listens at the web application's port, the outcome is no_response at once")
def nothing_listens(lab):
    lab.web.close()
    call = call_with_answer(lab, GOOD)
    call.hear_whole("welcome")
    unreachable = call.hear("unreachable")
    expect_about("from the prompt to the next sound", unreachable.start - call.heard()[0].end, 0.1, within=0.5)
    call.expect_variables("no_response")


@scenario("an answer later than the timeout is no_response, and the timeout is exact")
def slow(lab):
    call = call_with_answer(lab, web.json({"code": 200}, delay=4.0))
    unreachable = call.hear("unreachable")
    expect_about("from the prompt to the next sound", unreachable.start - call.heard()[0].end, 2)
    call.expect_variables("no_response")


@scenario("a web application that accepts the connection and never answers is no_response within the timeout")
def silent(lab):
    expect_no_response(call_with_answer(lab, web.Answer(silent=True)))


@scenario("the timeout covers the whole answer, even if its bytes arrive slowly one by one")
def byte_by_byte(lab):
    call = call_with_answer(lab, web.json('{"code": 200, "a": "%s"}' % ("x" * 50), drip=0.1))
    unreachable = call.hear("unreachable")
    expect_about("from the prompt to the next sound", unreachable.start - call.heard()[0].end, 2)
    call.wait_until_over()
    expect("outcome", call.variables()["DIALSCRIPT_OUTCOME"], "no_response")


@scenario("a connection reset is no_response")
def reset(lab):
    expect_no_response(call_with_answer(lab, web.Answer(reset=True)))


@scenario("an answer that is not HTTP is no_response")
def garbage(lab):
    expect_no_response(call_with_answer(lab, web.Answer(raw=b"\x16\x03\x01 what?\r\n\r\n\0\0")))


@scenario("an HTML page is no_response, and the log says that the answer was HTML")
def html(lab):
    page = web.Answer(200, "<!doctype html><html><body>code=200</body></html>", "text/html; charset=utf-8")
    expect_no_response(call_with_answer(lab, page), status="200")
    lab.daemon.wait_for_log("HTML")


@scenario("invalid JSON is no_response")
def broken_json(lab):
    expect_no_response(call_with_answer(lab, web.json('{"code": 200')), status="200")


@scenario("an HTTP error status without the response key is no_response")
def server_error(lab):
    expect_no_response(call_with_answer(lab, web.json({"error": "down"}, status=500)), status="500")


@scenario("an HTTP error status with the response key is an answer")
def error_with_key(lab):
    call = call_with_answer(lab, web.json({"code": 200}, status=422))
    call.hear("matched")
    call.expect_variables("matched", code="200", http_status="422")


@scenario("an answer that matches no branch runs [otherwise]")
def otherwise(lab):
    call = call_with_answer(lab, web.json({"code": 999}))
    call.hear("sorry")
    call.expect_variables("otherwise", code="999", http_status="200")


@scenario("a body larger than the limit is no_response")
def huge(lab):
    expect_no_response(call_with_answer(lab, web.json('{"code": 200, "a": "%s"}' % ("x" * 300_000))), status="")


@scenario("a redirect to the same host is followed")
def redirect(lab):
    lab.web.on("/there", GOOD)
    call = call_with_answer(lab, web.Answer(302, headers={"Location": "/there"}))
    call.hear("matched")
    call.expect_variables("matched", code="200", http_status="200")


@scenario("a redirect to another host is not followed")
def redirect_away(lab):
    other = lab.another_web(address="127.0.0.2").on("/there", GOOD)
    call = call_with_answer(lab, web.Answer(302, headers={"Location": f"{other.url}/there"}))
    call.hear("unreachable")
    call.wait_until_over()
    expect("outcome", call.variables()["DIALSCRIPT_OUTCOME"], "no_response")
    expect("requests to the other host", other.request_log(), "nothing")


@scenario("https: a certificate that the system trusts is accepted; any other is no_response")
def certificate(lab):
    file = web.self_signed(lab.folder)
    secure = lab.another_web(certificate=file).on("/it", GOOD)
    lab.script("asks", SCRIPT.replace("WEB", secure.url))
    lab.call("asks").expect_variables("no_response")
    expect("requests", secure.request_log(), "nothing")
    lab.restart({"SSL_CERT_FILE": str(file)})
    lab.call("asks").expect_variables("matched", code="200", http_status="200")


@scenario("a redirect loop is stopped")
def redirect_circle(lab):
    call = call_with_answer(lab, web.Answer(302, headers={"Location": "/it"}))
    call.hear("unreachable")
    call.wait_until_over()
    expect("outcome", call.variables()["DIALSCRIPT_OUTCOME"], "no_response")
    expect("there are at most 20 requests", len(lab.web.requests) <= 20, True)
