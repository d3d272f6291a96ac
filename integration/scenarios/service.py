"""The daemon as a service: start, stop, reload, limits, and what happens if it is down."""

import socket

from lab import web
from lab.deadline import wait_until
from lab.expect import expect, expect_about
from lab.scenario import scenario

SCRIPT = """
    [prompt]
    play = "ask_more"
    [keypress]
    length = 4
    gap = "3s"
    [otherwise]
    play = "matched"
    then = "continue"
    [no_input]
    then = "continue"
"""


@scenario("SIGTERM during a call: within the grace time the call ends normally")
def stopped_within_grace(lab):
    lab.daemon.configure('[server]\ngrace = "10s"')
    call = lab.script("asks", SCRIPT).call("asks")
    call.hear("ask_more")
    lab.daemon.terminate()
    wait_until(lambda: "STOPPING=1" in lab.daemon.notifications, 2, "the daemon to notify that it is stopping")
    lab.call("asks").expect_rejected()
    call.press("1234")
    call.hear("matched")
    call.expect_variables("otherwise", input="1234")
    code, seconds = lab.daemon.wait_to_end(within=3)
    expect("exit code", code, 0)
    expect("it stopped when the last call had ended", seconds < 2, True)


@scenario("SIGTERM during a call: after the grace time the call is handed back with the outcome error")
def stopped_beyond_grace(lab):
    lab.daemon.configure('[server]\ngrace = "1s"')
    call = lab.script("asks", SCRIPT).call("asks")
    call.hear("ask_more")
    call.press("1")
    lab.daemon.terminate()
    code, seconds = lab.daemon.wait_to_end(within=5)
    expect("exit code", code, 0)
    expect_about("the grace time", seconds, 1, within=0.7)
    call.wait_until_over()
    expect("outcome", call.variables()["DIALSCRIPT_OUTCOME"], "error")
    expect("who ended the call", call.hung_up_by, "switch")
    expect("the next step", call.next_step(), "error: ")


@scenario("SIGTERM without calls: the daemon exits at once with code 0 and notifies the service manager")
def stopped_idle(lab):
    lab.script("asks", SCRIPT).start()
    lab.daemon.terminate()
    code, seconds = lab.daemon.wait_to_end(within=5)
    expect("exit code", code, 0)
    expect("it exited soon", seconds < 1, True)
    missing = [state for state in ("READY=1", "STOPPING=1") if state not in lab.daemon.notifications]
    expect("missing notifications", missing, [])


@scenario("a call that reaches longest_call is handed back with the outcome error", long=True)
def longest_call(lab):
    lab.daemon.configure('[server]\nlongest_call = "1m"')
    call = lab.script("asks", SCRIPT.replace('gap = "3s"', 'gap = "120s"')).call("asks")
    call.wait_to_end(within=65)
    expect_about("the longest call", call.ended_at, 60, within=1)
    call.expect_variables("error")


@scenario("the daemon is down: the call continues, and the dialplan can detect it")
def down(lab):
    lab.script("asks", SCRIPT).start()
    lab.daemon.kill()
    lab.call("asks").expect_rejected()


@scenario("the daemon is killed during a call: the call continues, and the outcome is empty")
def dies(lab):
    call = lab.script("asks", SCRIPT).call("asks")
    call.hear("ask_more")
    lab.daemon.kill()
    call.wait_until_over()
    expect("DIALSCRIPT_OUTCOME", call.variables()["DIALSCRIPT_OUTCOME"], "")
    expect("the next step", call.next_step(), ": ")


@scenario("an unknown script: the call continues, and the dialplan can detect it")
def unknown_script(lab):
    lab.script("asks", SCRIPT)
    lab.call("no-such-script").expect_rejected()
    lab.call("../asks").expect_rejected()
    lab.call("").expect_rejected()


@scenario("a switch that is not in allow: the call continues, and the dialplan can detect it")
def not_allowed(lab):
    lab.daemon.configure(listener='allow = ["192.0.2.0/24"]')
    lab.script("asks", SCRIPT).call("asks").expect_rejected()


@scenario("a call over max_calls: it continues, the dialplan can detect it, and other calls are not affected")
def over_the_limit(lab):
    lab.daemon.configure("[server]\nmax_calls = 1")
    first = lab.script("asks", SCRIPT).call("asks")
    first.hear("ask_more")
    lab.call("asks").expect_rejected()
    first.press("1234")
    first.expect_variables("otherwise", input="1234")
    again = lab.call("asks")
    again.hear("ask_more")
    again.press("5678")
    again.expect_variables("otherwise", input="5678")


@scenario("a silent connection is closed after a timeout and affects no call")
def silent_connection(lab):
    if lab.switch.kind == "asterisk":  # for FreeSWITCH the timeout is always 5 s
        lab.daemon.configure(listener='environment_timeout = "1s"')
    lab.script("asks", SCRIPT).start()
    with socket.create_connection(("127.0.0.1", lab.daemon.port)) as silent:
        call = lab.call("asks")
        call.hear("ask_more")
        call.press("1234")
        call.expect_variables("otherwise", input="1234")
        silent.settimeout(8)
        while silent.recv(100):
            pass


@scenario("SIGHUP reloads the scripts for new calls; calls in progress keep the old ones")
def reload(lab):
    before = lab.script("asks", SCRIPT).call("asks")
    before.hear("ask_more")
    lab.daemon.reload({"asks": SCRIPT.replace('play = "matched"', 'play = "sorry"')})
    wait_until(lambda: "scripts reloaded" in lab.daemon.log, 3, "the daemon to reload its scripts")
    after = lab.call("asks")
    for call, sound in ((before, "matched"), (after, "sorry")):
        call.press("1234")
        call.hear(sound)
        call.expect_variables("otherwise", input="1234")


@scenario("SIGHUP with an invalid script changes nothing, and the log names the file")
def invalid_reload(lab):
    lab.script("asks", SCRIPT).start()
    lab.daemon.reload({"asks": SCRIPT.replace("length = 4", 'length = "four"'), "other": "[trigger]"})
    wait_until(lambda: "asks.toml" in lab.daemon.log, 3, "the daemon to log the invalid file")
    call = lab.call("asks")
    call.hear("ask_more")
    call.press("1234")
    call.hear("matched")
    call.expect_variables("otherwise", input="1234")


@scenario("a second SIGTERM does not wait for the grace time")
def second_sigterm(lab):
    lab.daemon.configure('[server]\ngrace = "60s"')
    call = lab.script("asks", SCRIPT).call("asks")
    call.hear("ask_more")
    lab.daemon.terminate()
    wait_until(lambda: "STOPPING=1" in lab.daemon.notifications, 2, "the daemon to notify that it is stopping")
    lab.daemon.terminate()
    code, seconds = lab.daemon.wait_to_end(within=5)
    expect("exit code", code, 0)
    expect("it exited soon", seconds < 2, True)
    call.expect_variables("error")


@scenario("while nobody reads the log, calls are served; what waits is written when it is read again")
def stuck_log(lab):
    reader = lab.daemon.pipe_log()
    lab.script("asks", SCRIPT).start()
    reader.pause_with_full_pipe()
    for _ in range(2):
        call = lab.call("asks")
        call.hear("ask_more")
        call.press("1234")
        call.hear("matched")
        call.expect_variables("otherwise", input="1234")
    expect("calls in the log that is not read", len(lab.daemon.calls), 0)
    reader.resume()
    lab.daemon.wait_for_calls(2)


@scenario("while nobody reads the log, SIGTERM hands a call back and ends the daemon in time")
def stopped_with_stuck_log(lab):
    lab.daemon.configure('[server]\ngrace = "1s"')
    reader = lab.daemon.pipe_log()
    lab.script("asks", SCRIPT).start()
    reader.pause_with_full_pipe()
    call = lab.call("asks")
    call.hear("ask_more")
    call.press("1")
    lab.daemon.terminate()
    code, seconds = lab.daemon.wait_to_end(within=6)
    expect("exit code", code, 0)
    expect(f"it ended in time ({seconds:.1f} s)", seconds < 4, True)
    call.wait_until_over()
    expect("outcome", call.variables()["DIALSCRIPT_OUTCOME"], "error")
    expect("the next step", call.next_step(), "error: ")


@scenario("the log has one line for each call, with its outcome and times")
def log_line(lab):
    lab.web.on("/it", web.json({"code": 200}))
    lab.script("asks", SCRIPT.replace("[otherwise]", """
        [trigger]
        url = "WEB/it"
        [response]
        key = "code"
        [[branch]]
        when = "200"
        then = "goto 9100@lab-destinations"
        [no_response]
        then = "continue"
        [otherwise]"""))
    call = lab.call("asks")
    call.hear("ask_more")
    call.press("1234")
    call.expect_variables("matched", code="200", input="1234", http_status="200")
    line = lab.daemon.wait_for_calls(1)
    wanted = {
        "switch": lab.switch.kind, "script": "asks", "outcome": "matched", "code": "200", "digits": 4, "cache": "off",
        "http_status": 200,
    }
    expect("fields", {name: line.get(name) for name in wanted}, wanted)
    expect("call id", line["call_id"], call.channel.unique_id)
    expect("missing times", [name for name in ("duration_ms", "prompt_ms", "trigger_ms") if name not in line], [])
    expect("lines", len(lab.daemon.calls), 1)
