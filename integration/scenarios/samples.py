"""The samples in dialplan/, as they are."""

import tomllib

from lab import web
from lab.bench import SAMPLES, expect
from lab.callee import BUSY_FOR
from lab.scenario import scenario

CONTEXT = "dialscript-samples"


def dial(lab, extension, **caller):
    """A call to a sample's extension."""
    return lab.call(extension=extension, context=CONTEXT, **caller)


def expect_heard(lab, call, sound):
    """Checks that the caller heard a sound of the switch."""
    expect(f"{sound} was heard", lab.switch.heard(call, sound, first=0.8) is not None, True)


@scenario("sample: a known order is told, and its status is in the dialplan's variables")
def order_known(lab):
    lab.samples()
    order = {"data": {"code": 200, "status": "shipped", "parcel": "JD0142"}}
    lab.web.on("/orders", web.json(order, delay=1.0))
    call = dial(lab, "7100")
    call.wait_to_be_picked_up()
    call.wait_until_heard_from_switch("number", first=0.5)
    call.press("4711")
    call.hear("music")
    call.hear("colleague")
    call.hang_up()
    expect("query", lab.web.requests[0].query, [("caller", "1001"), ("orderID", "4711")])
    call.dialplan_saw("matched", code="200", input="4711", http_status="200", cache="miss", script="order-status")
    seen = call.variables()
    expect("variables", (seen["ORDER_STATUS"], seen["ORDER_PARCEL"]), ("shipped", "JD0142"))
    call.went_to("7110", CONTEXT)
    expect_heard(lab, call, "auth-thankyou")


@scenario("sample: an order that the shop does not know is asked for again")
def order_unknown(lab):
    lab.samples()
    lab.web.on("/orders", lambda request: web.json({"data": {"code": 404 if "9999" in request.target else 200}}))
    call = dial(lab, "7100")
    call.wait_until_heard_from_switch("number", first=0.5)
    call.press("9999")
    call.wait_until_heard_from_switch("please-try-again", first=0.8)
    call.press("4711")
    call.hear("colleague")
    call.hang_up()
    expect("orders asked for", [dict(request.query)["orderID"] for request in lab.web.requests], ["9999", "4711"])
    call.dialplan_saw("matched", code="200", input="4711", http_status="200", cache="miss", script="order-status")


@scenario("sample: the shop is down, and the caller reaches a person")
def order_shop_down(lab):
    lab.samples()
    lab.web.close()
    call = dial(lab, "7100")
    call.wait_until_heard_from_switch("number", first=0.5)
    call.press("4711")
    call.hear("colleague")
    call.hang_up()
    call.dialplan_saw("no_response", input="4711", cache="miss", script="order-status")
    call.went_to("100", "dialscript-agents")
    expect_heard(lab, call, "sorry")


@scenario("sample: dialscript is down, and the caller reaches a person")
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


def identify(lab, call, phone, pins):
    """Enters a phone number, and PINs until one is right."""
    call.wait_until_heard_from_switch("privacy-prompt", first=1.0)
    call.press(f"{phone}#")
    for pin in pins:
        call.wait_until_heard_from_switch("vm-password", first=0.8)
        call.press(pin)


@scenario("sample: routing asks for phone and PIN in a chain, and goes to the agent that the application names")
def routing(lab):
    lab.samples()
    lab.web.on("/customers/route", web.json({"customer": {"level": "gold", "agent": "202"}}))
    call = dial(lab, "7200")
    identify(lab, call, "0301234567", ["7391"])
    call.hear("colleague")
    call.hang_up()
    request = lab.web.requests[0]
    expect("method", request.method, "POST")
    expect("body", request.text, "phone=0301234567&pin=7391&caller=1001")
    expect("accepts", request.headers["accept"], "application/json")
    call.dialplan_saw("matched", code="202", http_status="200", script="customer-pin")
    expect("level", call.variables()["CUSTOMER_LEVEL"], "gold")
    call.went_to("202", "dialscript-agents")
    lab.daemon.wait_for_calls(1)
    expect("the PIN in the daemon's log", "7391" in lab.daemon.log, False)


@scenario("sample: routing with a wrong PIN asks again, and then says goodbye")
def routing_wrong_pin(lab):
    lab.samples()
    lab.web.on("/customers/route", web.json({"error": "wrong"}, status=403))
    call = dial(lab, "7200")
    identify(lab, call, "0301234567", ["1111", "2222"])
    call.wait_to_end()
    call.dialplan_saw("invalid_input", http_status="403", script="customer-pin")
    expect_heard(lab, call, "vm-goodbye")


@scenario("sample: routing knows some callers without a question")
def routing_known(lab):
    call = dial(lab.samples(), "7200", number="1002")
    call.hear("colleague")
    call.hang_up()
    call.wait_until_over()
    call.went_to("202", "dialscript-agents")


@scenario("sample: the caller enters an extension and is connected to it")
def extension(lab):
    call = dial(lab.samples(), "7300")
    call.wait_until_heard_from_switch("vm-enter-num-to-call", first=1.0)
    call.press("202")
    call.hear("colleague")
    call.hang_up()
    call.dialplan_saw("otherwise", input="202", script="extension")
    call.went_to("202", "dialscript-extensions")


@scenario("sample: an extension that is not there leaves the caller with a person")
def extension_unknown(lab):
    call = dial(lab.samples(), "7300")
    call.wait_until_heard_from_switch("vm-enter-num-to-call", first=1.0)
    call.press("299")
    call.hear("colleague", within=12)
    call.hang_up()
    # FreeSWITCH can't be asked before: there the context's last extension takes the call.
    outcome = "error" if lab.switch.kind == "asterisk" else "otherwise"
    call.dialplan_saw(outcome, input="299", script="extension")
    expect_heard(lab, call, "pbx-invalid")


def expect_told(lab, **wanted):
    """Checks what the business's application was told of a call."""
    told = dict(lab.web.wait_for(1).form)
    expect("told", {name: told.get(name) for name in wanted}, wanted)


@scenario("sample: a missed call is told while it still rings, and is never picked up")
def missed(lab):
    lab.samples()
    lab.web.on("/calls", web.Answer(200, "ok"))
    call = dial(lab, "7400", number=BUSY_FOR)
    call.wait_to_end()
    expect("picked up", call.picked_up_at, None)
    call.dialplan_saw("otherwise", script="call-notice")
    status = "BUSY" if lab.switch.kind == "asterisk" else "USER_BUSY"
    expect_told(lab, event="missed", status=status, caller=BUSY_FOR, called="7400")


@scenario("sample: a call that is over is told from the h extension", only_on="asterisk")
def over(lab):
    lab.samples()
    lab.web.on("/calls", web.Answer(200, "ok"))
    call = dial(lab, "7500")
    call.hear("colleague")
    call.hang_up()
    call.dialplan_saw("otherwise", script="call-notice")
    expect_told(lab, event="ended", status="ANSWER", caller="1001", called="7500")


@scenario("sample: the scripts for both switches are the same but for their sounds", only_on="freeswitch")
def same_for_both(lab):
    for file in (SAMPLES / "scripts").glob("*.toml"):
        twin = SAMPLES / "freeswitch" / "scripts" / file.name
        both = [without_sounds(tomllib.loads(path.read_text())) for path in (file, twin)]
        expect(file.name, both[1], both[0])


def without_sounds(value):
    """A script without what it plays."""
    if isinstance(value, list):
        return [without_sounds(item) for item in value]
    if isinstance(value, dict):
        return {key: without_sounds(item) for key, item in value.items() if key != "play"}
    return value
