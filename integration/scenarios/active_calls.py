"""What `dialscript calls` and `dialscript status` say about a running daemon and its calls."""

import json

from lab import web
from lab.deadline import wait_until
from lab.expect import expect
from lab.scenario import scenario

ORDER = """
    [prompt]
    play = "ask"
    [keypress]
    length = 4
    [trigger]
    url = "WEB/orders?id={keypress}"
    timeout = "20s"
    [otherwise]
    play = "matched"
    then = "continue"
    [no_input]
    [no_response]
"""


def wait_for_activity(lab, activity):
    """Waits until the only call does this; returns what the daemon says about it."""
    def described():
        calls = lab.daemon.active_calls()
        return next((call for call in calls if call["activity"] == activity), None)

    return wait_until(described, 5, f"the activity {activity}", every=0.05)


@scenario("dialscript calls says of a call that it plays the prompt, waits for a key, and requests the host, in this order")
def activities(lab):
    lab.web.on("/orders", web.json({}, delay=3.0))
    call = lab.script("order", ORDER).call("order")
    prompt = wait_for_activity(lab, "playing_prompt")
    expect("script and switch", (prompt["script"], prompt["switch"]), ("order", lab.switch.kind))
    expect("the call's id", prompt["call_id"], call.channel.unique_id)
    expect("the host during the prompt", prompt["host"], None)
    call.press("47")
    wait_for_activity(lab, "waiting_for_key")
    call.press("11")
    requesting = wait_for_activity(lab, "requesting")
    expect("the host has no path and no input", "/" in requesting["host"] or "4711" in requesting["host"], False)
    shown = lab.daemon.ask("calls")
    expect("the table names the host", f"requesting {requesting['host']} for" in shown, True)
    call.hear("matched", within=12)
    call.expect_variables("otherwise", code="200", input="4711", http_status="200")
    wait_until(lambda: not lab.daemon.active_calls(), 5, "the end of the call")
    status = json.loads(lab.daemon.ask("status", "--json"))
    expect("state and problems", (status["state"], status["problems"]), ("serving", []))
    expect("ended calls", status["ended_calls"], 1)
