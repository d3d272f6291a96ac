"""Which branch an answer takes."""

from lab import web
from lab.expect import expect
from lab.scenario import scenario

# Every branch sets a variable that names it.
SCRIPT = """
    [trigger]
    url = "WEB/what"
    [response]
    key = "{key}"
    {branches}
    [otherwise]
    set = {{ TAKEN = "otherwise" }}
    then = "continue"
    [no_response]
    set = {{ TAKEN = "no_response" }}
    then = "continue"
"""


def script(lab, name, whens, key="data.code"):
    """A script with a branch for each condition, which sets TAKEN to its number."""
    branches = "\n".join(
        f'[[branch]]\nwhen = {when}\nset = {{ TAKEN = "{number}" }}\nthen = "continue"'
        for number, when in enumerate(whens, 1)
    )
    lab.script(name, SCRIPT.format(branches=branches, key=key))


def taken(lab, name, answer, outcome="matched", code="", status="200"):
    """The branch of a script that the answer takes."""
    lab.web.on("/what", answer)
    call = lab.call(name)
    call.expect_variables(outcome, code=code, http_status=status)
    return call.variables()["TAKEN"]


def coded(code):
    """An answer with this literal at data.code."""
    return web.json('{"data": {"code": %s}}' % code)


@scenario("a branch on a value matches exactly this text")
def value(lab):
    script(lab, "value", ['"200"', '"007"', '"1.10"'])
    expect("branch of 200", taken(lab, "value", coded("200"), code="200"), "1")
    expect('branch of "007"', taken(lab, "value", coded('"007"'), code="007"), "2")
    expect("branch of 1.10", taken(lab, "value", coded("1.10"), code="1.10"), "3")
    expect("branch of 1.1", taken(lab, "value", coded("1.1"), "otherwise", code="1.1"), "otherwise")


@scenario("a number of twenty digits is compared digit by digit, without rounding")
def long_number(lab):
    number = "12345678901234567890"
    script(lab, "long", [f'"{number}"'])
    expect("branch", taken(lab, "long", coded(number), code=number), "1")


@scenario("a branch on a list matches each of its values")
def values(lab):
    script(lab, "list", ['["200", "201"]', '["300"]'])
    expect("branch of 201", taken(lab, "list", coded("201"), code="201"), "1")
    expect("branch of 300", taken(lab, "list", coded("300"), code="300"), "2")


@scenario("a branch on a range includes both ends and nothing outside")
def ranges(lab):
    script(lab, "range", ["{ min = 200, max = 299 }", "{ min = 500 }"])
    for code, branch in (("200", "1"), ("299", "1"), ("250.5", "1"), ("500", "2")):
        expect(f"branch of {code}", taken(lab, "range", coded(code), code=code), branch)
    expect("branch of 300", taken(lab, "range", coded("300"), "otherwise", code="300"), "otherwise")
    expect("branch of text", taken(lab, "range", coded('"2x"'), "otherwise", code="2x"), "otherwise")


@scenario("a branch on a pattern matches texts of this form")
def pattern(lab):
    script(lab, "pattern", ["{ pattern = '^ORD-[0-9]+$' }"])
    expect("branch of ORD-17", taken(lab, "pattern", coded('"ORD-17"'), code="ORD-17"), "1")
    expect("branch of ORD-x", taken(lab, "pattern", coded('"ORD-x"'), "otherwise", code="ORD-x"), "otherwise")


@scenario("branches on presence and absence: null is absent, an object is present")
def presence(lab):
    script(lab, "there", ["{ present = true }", "{ absent = true }"])
    expect("branch of a value", taken(lab, "there", coded("1"), code="1"), "1")
    expect("branch of an object", taken(lab, "there", coded('{"a": 1}')), "1")
    expect("branch of null", taken(lab, "there", coded("null")), "2")
    expect("branch of nothing", taken(lab, "there", web.json("{}")), "2")


@scenario("branches on the HTTP status match answers without a value")
def status(lab):
    script(lab, "status", ["{ status = 404 }", '{ status = "5xx" }'])
    not_found = web.Answer(404, "<html>no such page</html>", "text/html")
    broken = web.Answer(503, "busy")
    expect("branch of 404", taken(lab, "status", not_found, status="404"), "1")
    expect("branch of 503", taken(lab, "status", broken, status="503"), "2")
    expect("branch of 401", taken(lab, "status", web.Answer(401), "no_response", status="401"), "no_response")


@scenario("if several branches match, the first in the file is taken")
def order(lab):
    script(lab, "order", ["{ min = 1, max = 9 }", "{ min = 5, max = 20 }", "{ present = true }"])
    expect("branch of 5", taken(lab, "order", coded("5"), code="5"), "1")
    expect("branch of 10", taken(lab, "order", coded("10"), code="10"), "2")
    expect("branch of 30", taken(lab, "order", coded("30"), code="30"), "3")


@scenario("a response key can address an element of a list")
def keys(lab):
    script(lab, "items", ['"b2"'], key="data.items[1].code")
    answer = web.json({"data": {"items": [{"code": "a1"}, {"code": "b2"}]}})
    expect("branch", taken(lab, "items", answer, code="b2"), "1")


@scenario("answers in XML and form encoding are read like JSON")
def formats(lab):
    script(lab, "xml", ['"200"'], key="order.code")
    script(lab, "form", ['"200"'], key="code")
    xml = web.Answer(200, "<?xml version='1.0'?><order><code>200</code></order>", "application/xml")
    form = web.Answer(200, "status=ok&code=200", "application/x-www-form-urlencoded")
    expect("branch of XML", taken(lab, "xml", xml, code="200"), "1")
    expect("branch of a form", taken(lab, "form", form, code="200"), "1")


@scenario("without a response key the value is the trimmed text of a text answer, otherwise the HTTP status")
def without_key(lab):
    text = SCRIPT.format(branches='[[branch]]\nwhen = ["OK", "200"]\nthen = "continue"', key="x")
    lab.script("plain", text.replace('key = "x"', ""))
    lab.web.on("/what", web.Answer(200, "  OK\r\n"))
    lab.call("plain").expect_variables("matched", code="OK", http_status="200")
    lab.web.on("/what", web.json({"a": 1}))
    lab.call("plain").expect_variables("matched", code="200", http_status="200")


@scenario("without a trigger the branches compare the input, as in a menu")
def menu(lab):
    lab.script("menu", """
        [prompt]
        play = "ask_more"
        [keypress]
        length = 1
        gap = "1s"
        [[branch]]
        when = "1"
        then = "goto 9100@lab-destinations"
        [[branch]]
        when = { min = 2, max = 3 }
        then = "goto 4200@lab-destinations"
        [otherwise]
        play = "sorry"
        then = "continue"
        [no_input]
        then = "hangup"
    """)
    destinations = {"1": "9100", "3": "4200"}
    calls = {key: lab.call("menu") for key in ("1", "3", "9")}
    for key, call in calls.items():
        call.hear("ask_more")
        call.press(key)
    for key, extension in destinations.items():
        calls[key].expect_variables("matched", input=key)
        calls[key].expect_step(extension, "lab-destinations")
    calls["9"].hear("sorry")
    calls["9"].expect_variables("otherwise", input="9")
