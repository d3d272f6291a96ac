"""The samples in dialplan/, unchanged."""

from lab import speech, web
from lab.callee import BUSY_FOR
from lab.expect import expect
from lab.scenario import scenario

CONTEXT = "dialscript-samples"
VOICE = "rms"  # the voice of flite that pocketsphinx recognizes best at telephone quality


def dial(lab, extension, **caller):
    """A call to a sample's extension."""
    return lab.call(extension=extension, context=CONTEXT, **caller)


def speak(call, question, words):
    """Answers a question by voice."""
    call.media.loop(speech.ROOM)
    call.hear_whole(question)
    call.say(speech.spoken(words, VOICE))


def expect_heard(call, *sounds):
    """Checks the last sounds that the caller heard before the colleague picked up."""
    heard = [sound.name for sound in call.heard() if sound.name.startswith("say ")]
    expect("heard last", heard[-len(sounds):], list(sounds))


def with_order(lab):
    """The samples, and a shop that knows an order and answers after two seconds."""
    order = {"data": {"code": 200, "status": "shipped", "parcel": "JD0142"}}
    lab.web.on("/orders", web.json(order, delay=2.0))
    return lab.samples()


def expect_order_status(lab, call):
    """Checks that the caller heard the status of order 4711, and that the dialplan has the values of the answer."""
    call.hear("music", within=25)
    call.hear("colleague", within=12)
    call.hang_up()
    expect("query", lab.web.requests[0].query, [("caller", "1001"), ("orderID", "4711")])
    call.expect_variables("matched", code="200", input="4711", http_status="200", cache="miss", script="order-status")
    seen = call.variables()
    expect("variables", (seen["ORDER_STATUS"], seen["ORDER_PARCEL"]), ("shipped", "JD0142"))
    call.expect_step("7110", CONTEXT)
    expect_heard(call, "say order", "say shipped")


@scenario("sample: the caller hears the status of a known order, and the dialplan's variables have it")
def order_known(lab):
    call = dial(with_order(lab), "7100")
    call.wait_to_be_picked_up()
    call.hear("say order")
    call.press("4711")
    expect_order_status(lab, call)


# Alone, since pocketsphinx does not understand speech that a busy machine sends with gaps.
@scenario("sample: the caller says the order number and hears the status", alone=True)
def order_spoken(lab):
    call = dial(with_order(lab), "7100")
    speak(call, "say order", "four seven one one")
    expect_order_status(lab, call)


@scenario("sample: an unknown order number is asked for again")
def order_unknown(lab):
    lab.samples()
    lab.web.on("/orders", lambda request: web.json({"data": {"code": 404 if "9898" in request.target else 200}}))
    call = dial(lab, "7100")
    call.hear("say order")
    call.press("9898")
    call.hear("say sorry")
    call.hear("say 8")
    call.hear("say order")
    call.press("4711")
    call.hear("colleague", within=12)
    call.hang_up()
    numbers = [dict(request.query)["orderID"] for request in lab.web.requests]
    expect("order numbers in the requests", numbers, ["9898", "4711"])
    call.expect_variables("matched", code="200", input="4711", http_status="200", cache="miss", script="order-status")


@scenario("sample: if the shop is down, the caller reaches a person")
def order_shop_down(lab):
    lab.samples()
    lab.web.close()
    call = dial(lab, "7100")
    call.hear("say order")
    call.press("4711")
    call.hear("colleague", within=12)
    call.hang_up()
    call.expect_variables("no_response", input="4711", cache="miss", script="order-status")
    call.expect_step("100", "dialscript-agents")
    expect_heard(call, "say sorry")


@scenario("sample: if the caller hangs up during the question, the shop gets the digits so far")
def order_hang_up(lab):
    lab.samples()
    lab.web.on("/calls", web.Answer(200, "ok"))
    call = dial(lab, "7100")
    call.hear("say order")
    call.press("47")
    call.wait_until_received("47")
    call.hang_up()
    call.expect_variables("hangup", input="47", script="order-status")
    expect_notification(lab, event="left", caller="1001", called="7100", entered="47")


@scenario("sample: if dialscript is down, the caller reaches a person")
def daemon_down(lab):
    lab.samples().start()
    lab.daemon.kill()
    if lab.switch.kind == "asterisk":
        expect("the daemon's address", "=agi://127.0.0.1:4573" in lab.switch.command("dialplan show globals"), True)
    else:
        expect("the daemon's address", lab.switch.command("global_getvar dialscript_daemon").strip(), "127.0.0.1:8084")
    for extension in ("7100", "7200", "7300"):
        call = dial(lab, extension)
        call.hear("colleague")
        call.hang_up()
        call.wait_until_over()
        expect("outcome", call.variables()["DIALSCRIPT_OUTCOME"], "")


PHONE = "0301234567"
SPOKEN_PHONE = "zero three zero one two three four five six seven"


def enter(call, phone, pins):
    """Enters a phone number and these PINs; all but the last are wrong."""
    call.hear("say phone")
    call.press(f"{phone}#")
    for index, pin in enumerate(pins):
        if index > 0:
            call.hear("say wrong", within=12)
        call.hear("say pin")
        call.press(pin)


def expect_routed(lab, call, pin):
    """Checks the request for the customer, and that the call reached the agent in the answer."""
    call.hear("colleague", within=25)
    call.hang_up()
    request = lab.web.requests[0]
    expect("method", request.method, "POST")
    expect("body", request.text, f"phone={PHONE}&pin={pin}&caller=1001")
    expect("accepts", request.headers["accept"], "application/json")
    call.expect_variables("matched", code="202", http_status="200", script="customer-pin")
    expect("level", call.variables()["CUSTOMER_LEVEL"], "gold")
    call.expect_step("202", "dialscript-agents")
    lab.daemon.wait_for_calls(1)
    expect("the PIN in the daemon's log", lab.daemon.logs_number(pin), False)
    expect("remaining recordings", lab.recordings, [])


def with_customers(lab, answer):
    """The samples, and a web application that gives this answer to requests for a customer, after a moment."""
    lab.web.on("/customers/route", web.json(answer, delay=1.0) if isinstance(answer, dict) else answer)
    return lab.samples()


GOLD = {"customer": {"level": "gold", "agent": "202"}}
WRONG = web.json({"error": "wrong"}, status=403, delay=1.0)


@scenario("sample: routing asks for phone and PIN in two scripts, and goes to the agent named in the answer")
def routing(lab):
    call = dial(with_customers(lab, GOLD), "7200")
    enter(call, PHONE, ["7391"])
    expect_routed(lab, call, "7391")


@scenario("sample: routing accepts phone and PIN by voice", alone=True)
def routing_spoken(lab):
    call = dial(with_customers(lab, GOLD), "7200")
    speak(call, "say phone", SPOKEN_PHONE)
    call.hear_whole("say pin", within=25)
    call.say(speech.spoken("seven three nine one", VOICE))
    expect_routed(lab, call, "7391")
    found = [word for word in ("seven three", "three nine") if word in lab.daemon.log]
    expect("the spoken PIN in the daemon's log", found, [])


@scenario("sample: routing accepts the phone by keypress and the PIN by voice", alone=True)
def routing_both(lab):
    call = dial(with_customers(lab, GOLD), "7200")
    call.hear("say phone")
    call.press(f"{PHONE}#")
    speak(call, "say pin", "seven three nine one")
    expect_routed(lab, call, "7391")


@scenario("sample: routing asks once more after a wrong PIN, then says goodbye")
def routing_wrong_pin(lab):
    call = dial(with_customers(lab, WRONG), "7200")
    enter(call, PHONE, ["1111", "2222"])
    call.wait_to_end()
    call.expect_variables("invalid_input", http_status="403", script="customer-pin")
    expect_heard(call, "say pin", "say wrong", "say goodbye")


@scenario("sample: routing recognizes some callers by their number, without a question")
def routing_known(lab):
    call = dial(lab.samples(), "7200", number="1002")
    call.hear("colleague")
    call.hang_up()
    call.wait_until_over()
    call.expect_step("202", "dialscript-agents")


@scenario("sample: the caller enters an extension and is connected to it")
def extension(lab):
    call = dial(lab.samples(), "7300")
    call.hear("say extension")
    call.press("202")
    call.hear("colleague")
    call.hang_up()
    call.expect_variables("otherwise", input="202", script="extension")
    call.expect_step("202", "dialscript-extensions")


@scenario("sample: the caller says an extension and is connected to it", alone=True)
def extension_spoken(lab):
    call = dial(lab.samples(), "7300")
    speak(call, "say extension", "two zero two")
    call.hear("colleague", within=25)
    call.hang_up()
    call.expect_variables("otherwise", input="202", script="extension")
    call.expect_step("202", "dialscript-extensions")


@scenario("sample: if the entered extension does not exist, the caller reaches a person")
def extension_unknown(lab):
    call = dial(lab.samples(), "7300")
    call.hear("say extension")
    call.press("299")
    call.hear("colleague", within=12)
    call.hang_up()
    # FreeSWITCH cannot check the destination: there the last extension of the context takes the call.
    outcome = "error" if lab.switch.kind == "asterisk" else "otherwise"
    call.expect_variables(outcome, input="299", script="extension")
    invalid = lab.switch.find_sound(call, "pbx-invalid", first=0.8)
    expect("the caller heard that it does not exist", invalid is not None, True)


def expect_notification(lab, **wanted):
    """Checks the form that the web application received about a call."""
    form = dict(lab.web.wait_for(1).form)
    expect("form", {name: form.get(name) for name in wanted}, wanted)


@scenario("sample: a missed call is reported to the web application, and is never picked up")
def missed(lab):
    lab.samples()
    lab.web.on("/calls", web.Answer(200, "ok"))
    call = dial(lab, "7400", number=BUSY_FOR)
    call.wait_to_end()
    expect("picked up", call.picked_up_at, None)
    call.expect_variables("otherwise", script="call-notice")
    status = "BUSY" if lab.switch.kind == "asterisk" else "USER_BUSY"
    expect_notification(lab, event="missed", status=status, caller=BUSY_FOR, called="7400")


@scenario("sample: an ended call is reported from the h extension", only_on="asterisk")
def ended(lab):
    lab.samples()
    lab.web.on("/calls", web.Answer(200, "ok"))
    call = dial(lab, "7500")
    call.hear("colleague")
    call.hang_up()
    call.expect_variables("otherwise", script="call-notice")
    expect_notification(lab, event="ended", status="ANSWER", caller="1001", called="7500")
