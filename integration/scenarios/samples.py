"""The samples in dialplan/, as they are."""

from lab import speech, web
from lab.bench import expect
from lab.callee import BUSY_FOR
from lab.scenario import scenario

CONTEXT = "dialscript-samples"
VOICE = "rms"  # of flite's, the one that pocketsphinx understands best over a telephone


def dial(lab, extension, **caller):
    """A call to a sample's extension."""
    return lab.call(extension=extension, context=CONTEXT, **caller)


def says(call, question, words):
    """Waits until a question was heard, and answers by voice."""
    call.media.speak(speech.ROOM)
    call.hear_out(question)
    call.say(speech.spoken(words, VOICE))


def expect_heard(call, *sounds):
    """Checks that the caller heard this last, before somebody took the call."""
    heard = [sound.name for sound in call.heard() if sound.name.startswith("say ")]
    expect("heard last", heard[-len(sounds):], list(sounds))


def knows_the_order(lab):
    """The shop knows an order, and takes two seconds to find it."""
    order = {"data": {"code": 200, "status": "shipped", "parcel": "JD0142"}}
    lab.web.on("/orders", web.json(order, delay=2.0))
    return lab.samples()


def told_of_the_order(lab, call):
    """Checks that the caller was told of order 4711, and that the dialplan knows what the shop said."""
    call.hear("music", within=25)
    call.hear("colleague", within=12)
    call.hang_up()
    expect("query", lab.web.requests[0].query, [("caller", "1001"), ("orderID", "4711")])
    call.dialplan_saw("matched", code="200", input="4711", http_status="200", cache="miss", script="order-status")
    seen = call.variables()
    expect("variables", (seen["ORDER_STATUS"], seen["ORDER_PARCEL"]), ("shipped", "JD0142"))
    call.went_to("7110", CONTEXT)
    expect_heard(call, "say order", "say shipped")


@scenario("sample: the caller hears the status of a known order, and the dialplan's variables have it")
def order_known(lab):
    call = dial(knows_the_order(lab), "7100")
    call.wait_to_be_picked_up()
    call.hear("say order")
    call.press("4711")
    told_of_the_order(lab, call)


# What is spoken is spoken alone: pocketsphinx does not understand what a busy machine sends in pieces.
@scenario("sample: the caller says the order number and hears the status", alone=True)
def order_spoken(lab):
    call = dial(knows_the_order(lab), "7100")
    says(call, "say order", "four seven one one")
    told_of_the_order(lab, call)


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
    expect("orders asked for", [dict(request.query)["orderID"] for request in lab.web.requests], ["9898", "4711"])
    call.dialplan_saw("matched", code="200", input="4711", http_status="200", cache="miss", script="order-status")


@scenario("sample: if the shop is down, the caller reaches a person")
def order_shop_down(lab):
    lab.samples()
    lab.web.close()
    call = dial(lab, "7100")
    call.hear("say order")
    call.press("4711")
    call.hear("colleague", within=12)
    call.hang_up()
    call.dialplan_saw("no_response", input="4711", cache="miss", script="order-status")
    call.went_to("100", "dialscript-agents")
    expect_heard(call, "say sorry")


@scenario("sample: if the caller hangs up during the question, the shop gets the digits so far")
def order_abandoned(lab):
    lab.samples()
    lab.web.on("/calls", web.Answer(200, "ok"))
    call = dial(lab, "7100")
    call.hear("say order")
    call.press("47")
    call.wait_until_taken("47")
    call.hang_up()
    call.dialplan_saw("hangup", input="47", script="order-status")
    expect_told(lab, event="left", caller="1001", called="7100", entered="47")


@scenario("sample: if dialscript is down, the caller reaches a person")
def daemon_down(lab):
    lab.samples().start()
    lab.daemon.kill()
    if lab.switch.kind == "asterisk":
        expect("where it is", "=agi://127.0.0.1:4573" in lab.switch.command("dialplan show globals"), True)
    else:
        expect("where it is", lab.switch.command("global_getvar dialscript_daemon").strip(), "127.0.0.1:8084")
    for extension in ("7100", "7200", "7300"):
        call = dial(lab, extension)
        call.hear("colleague")
        call.hang_up()
        call.wait_until_over()
        expect("outcome", call.variables()["DIALSCRIPT_OUTCOME"], "")


PHONE = "0301234567"
SPOKEN_PHONE = "zero three zero one two three four five six seven"


def enters(call, phone, pins):
    """Enters a phone number, and PINs until one is right."""
    call.hear("say phone")
    call.press(f"{phone}#")
    for place, pin in enumerate(pins):
        if place > 0:
            call.hear("say wrong", within=12)
        call.hear("say pin")
        call.press(pin)


def routed(lab, call, pin):
    """Checks that the application was asked who this is, and that the call went to the agent that it named."""
    call.hear("colleague", within=25)
    call.hang_up()
    request = lab.web.requests[0]
    expect("method", request.method, "POST")
    expect("body", request.text, f"phone={PHONE}&pin={pin}&caller=1001")
    expect("accepts", request.headers["accept"], "application/json")
    call.dialplan_saw("matched", code="202", http_status="200", script="customer-pin")
    expect("level", call.variables()["CUSTOMER_LEVEL"], "gold")
    call.went_to("202", "dialscript-agents")
    lab.daemon.wait_for_calls(1)
    expect("the PIN in the daemon's log", pin in lab.daemon.log, False)
    expect("recordings that are left", lab.recordings, [])


def knows_customers(lab, answer):
    """The application answers this when it is asked who a caller is, after a moment."""
    lab.web.on("/customers/route", web.json(answer, delay=1.0) if isinstance(answer, dict) else answer)
    return lab.samples()


GOLD = {"customer": {"level": "gold", "agent": "202"}}
WRONG = web.json({"error": "wrong"}, status=403, delay=1.0)


@scenario("sample: routing asks for phone and PIN in two scripts, and goes to the agent named in the answer")
def routing(lab):
    call = dial(knows_customers(lab, GOLD), "7200")
    enters(call, PHONE, ["7391"])
    routed(lab, call, "7391")


@scenario("sample: routing accepts phone and PIN by voice", alone=True)
def routing_spoken(lab):
    call = dial(knows_customers(lab, GOLD), "7200")
    says(call, "say phone", SPOKEN_PHONE)
    call.hear_out("say pin", within=25)
    call.say(speech.spoken("seven three nine one", VOICE))
    routed(lab, call, "7391")
    told = [word for word in ("seven three", "three nine") if word in lab.daemon.log]
    expect("the spoken PIN in the daemon's log", told, [])


@scenario("sample: routing accepts the phone by keypress and the PIN by voice", alone=True)
def routing_both(lab):
    call = dial(knows_customers(lab, GOLD), "7200")
    call.hear("say phone")
    call.press(f"{PHONE}#")
    says(call, "say pin", "seven three nine one")
    routed(lab, call, "7391")


@scenario("sample: routing asks once more after a wrong PIN, then says goodbye")
def routing_wrong_pin(lab):
    call = dial(knows_customers(lab, WRONG), "7200")
    enters(call, PHONE, ["1111", "2222"])
    call.wait_to_end()
    call.dialplan_saw("invalid_input", http_status="403", script="customer-pin")
    expect_heard(call, "say pin", "say wrong", "say goodbye")


@scenario("sample: routing recognizes some callers by their number, without a question")
def routing_known(lab):
    call = dial(lab.samples(), "7200", number="1002")
    call.hear("colleague")
    call.hang_up()
    call.wait_until_over()
    call.went_to("202", "dialscript-agents")


@scenario("sample: the caller enters an extension and is connected to it")
def extension(lab):
    call = dial(lab.samples(), "7300")
    call.hear("say extension")
    call.press("202")
    call.hear("colleague")
    call.hang_up()
    call.dialplan_saw("otherwise", input="202", script="extension")
    call.went_to("202", "dialscript-extensions")


@scenario("sample: the caller says an extension and is connected to it", alone=True)
def extension_spoken(lab):
    call = dial(lab.samples(), "7300")
    says(call, "say extension", "two zero two")
    call.hear("colleague", within=25)
    call.hang_up()
    call.dialplan_saw("otherwise", input="202", script="extension")
    call.went_to("202", "dialscript-extensions")


@scenario("sample: if the entered extension does not exist, the caller reaches a person")
def extension_unknown(lab):
    call = dial(lab.samples(), "7300")
    call.hear("say extension")
    call.press("299")
    call.hear("colleague", within=12)
    call.hang_up()
    # FreeSWITCH can't be asked before: there the context's last extension takes the call.
    outcome = "error" if lab.switch.kind == "asterisk" else "otherwise"
    call.dialplan_saw(outcome, input="299", script="extension")
    expect("it was told", lab.switch.heard(call, "pbx-invalid", first=0.8) is not None, True)


def expect_told(lab, **wanted):
    """Checks what the business's application was told of a call."""
    told = dict(lab.web.wait_for(1).form)
    expect("told", {name: told.get(name) for name in wanted}, wanted)


@scenario("sample: a missed call is reported to the web application, and is never picked up")
def missed(lab):
    lab.samples()
    lab.web.on("/calls", web.Answer(200, "ok"))
    call = dial(lab, "7400", number=BUSY_FOR)
    call.wait_to_end()
    expect("picked up", call.picked_up_at, None)
    call.dialplan_saw("otherwise", script="call-notice")
    status = "BUSY" if lab.switch.kind == "asterisk" else "USER_BUSY"
    expect_told(lab, event="missed", status=status, caller=BUSY_FOR, called="7400")


@scenario("sample: an ended call is reported from the h extension", only_on="asterisk")
def over(lab):
    lab.samples()
    lab.web.on("/calls", web.Answer(200, "ok"))
    call = dial(lab, "7500")
    call.hear("colleague")
    call.hang_up()
    call.dialplan_saw("otherwise", script="call-notice")
    expect_told(lab, event="ended", status="ANSWER", caller="1001", called="7500")
