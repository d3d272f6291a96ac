"""Many simultaneous calls."""

from lab import web
from lab.expect import expect
from lab.scenario import scenario

CALLS = 20


@scenario("twenty simultaneous calls each get the answer for their own digits", alone=True)
def twenty_calls(lab):
    lab.script("asks", """
        [prompt]
        play = "ask_more"
        [keypress]
        length = 6
        gap = "2s"
        [trigger]
        url = "WEB/it?digits={keypress}"
        music = "default"
        [response]
        key = "echo"
        [[branch]]
        when = { present = true }
        play = "matched"
        then = "continue"
        [no_input]
        then = "hangup"
        [no_response]
        then = "hangup"
    """)
    lab.web.on("/it", lambda request: web.json({"echo": dict(request.query)["digits"]}, delay=1.0))
    lab.start()

    def play_call(number):
        digits = f"{number:02}{number * 7919 % 10000:04}"
        call = lab.call("asks", number=f"20{number:02}")
        call.hear("ask_more")
        call.press(digits, pause=0.08, held=0.06)
        call.hear("matched")
        call.expect_variables("matched", code=digits, input=digits, http_status="200")

    lab.in_parallel(play_call, range(CALLS))
    expect("requests", len(lab.web.requests), CALLS)
    expect("lines in the log", lab.daemon.wait_for_calls(CALLS)["outcome"], "matched")
