"""Chains of scripts that use each other's answers, and menus whose keys no branch names."""

from lab import web
from lab.expect import expect
from lab.scenario import scenario

# Looks up the customer by the caller's number.
CUSTOMER = """
    [trigger]
    url = "WEB/customer?phone={caller}"
    [response]
    key = "found"
    [[branch]]
    when = "yes"
    set = { CUSTOMER = "{$customer.name}" }
    then = "script invoice"
    [no_response]
    then = "continue"
"""

# Asks for an invoice of this customer. An unknown one is asked for again.
INVOICE = """
    [prompt]
    play = "ask"
    repeat = 2
    [keypress]
    length = 2
    gap = "2s"
    [trigger]
    url = "WEB/invoice?customer={$customer.id}&invoice={keypress}&before={invoice.$state}"
    [response]
    key = "state"
    [[branch]]
    when = "open"
    set = { AMOUNT = "{$amount}", OWNER = "{customer.$customer.name}", LOST = "{$customer.tier}" }
    play = "matched"
    then = "goto {$extension}@{customer.$customer.context}"
    [[branch]]
    when = "unknown"
    play = "sorry"
    then = "again"
    [no_input]
    then = "hangup"
    [no_response]
    then = "continue"
"""

ANN = {"found": "yes", "customer": {"id": 47, "name": "Ann", "context": "lab-destinations"}}
OPEN = {"state": "open", "amount": "7.50", "extension": "9100"}


@scenario("a chain of scripts reads the answers of its earlier scripts, also after then = \"again\"")
def earlier_answers(lab):
    lab.script("customer", CUSTOMER)
    lab.script("invoice", INVOICE)
    lab.web.on("/customer", web.json(ANN))
    lab.web.on("/invoice", web.in_turn(web.json({"state": "unknown"}), web.json(OPEN)))
    call = lab.call("customer")
    call.hear("ask")
    call.press("12")
    call.hear_whole("sorry")
    call.hear("ask")
    call.press("34")
    call.hear("matched")
    call.expect_variables("matched", code="open", input="34", http_status="200", script="invoice")
    call.expect_step("9100", "lab-destinations")
    expect("queries", [request.query for request in lab.web.requests], [
        [("phone", "1001")],
        [("customer", "47"), ("invoice", "12"), ("before", "")],
        [("customer", "47"), ("invoice", "34"), ("before", "unknown")],
    ])
    variables = {name: call.variables().get(name, "") for name in ("CUSTOMER", "AMOUNT", "OWNER", "LOST")}
    expect("variables", variables, {"CUSTOMER": "Ann", "AMOUNT": "7.50", "OWNER": "Ann", "LOST": ""})
    lab.daemon.wait_for_calls(1)
    expect("empty in the log", lab.daemon.calls[0].get("empty"), "{invoice.$state}, {$customer.tier}")


MENU = """
    [prompt]
    play = "ask_more"
    repeat = 1
    [keypress]
    length = 1
    gap = "2s"
    [[branch]]
    when = "1"
    then = "goto 9100@lab-destinations"
    [no_input]
    play = "silent"
    then = "hangup"
"""


@scenario("a menu key that no branch names is asked again while repeat lasts, and then is invalid input")
def unknown_key(lab):
    lab.script("menu", MENU).start()

    def press(then):
        call = lab.call("menu")
        call.hear_whole("ask_more")
        call.press("9")
        call.hear_whole("ask_more")
        if then:
            call.press(then)
        if then != "1":
            call.hear("silent")
        return call

    named, unnamed, silent = lab.in_parallel(press, ["1", "8", ""])
    named.expect_variables("matched", input="1")
    named.expect_step("9100", "lab-destinations")
    unnamed.expect_variables("invalid_input", input="8")
    silent.expect_variables("no_input")


@scenario("a menu key that no branch names takes [invalid_input] after the last repeat, if the script has that table")
def unknown_key_with_invalid_input(lab):
    lab.script("menu", MENU.replace("repeat = 1", "") + """
    [invalid_input]
    play = "sorry"
    then = "goto 9100@lab-destinations"
    """)
    call = lab.call("menu")
    call.hear("ask_more")
    call.press("9")
    call.hear("sorry")
    call.expect_variables("invalid_input", input="9")
    call.expect_step("9100", "lab-destinations")
    expect("prompts", [sound.name for sound in call.heard()].count("ask_more"), 1)
