"""A real Prometheus reads the metrics, the alert rules and the queries of the dashboard in dialplan/monitoring."""

import json
import re
import urllib.request

from lab import host, prometheus, web
from lab.deadline import free_port, wait_until
from lab.expect import expect
from lab.lab import SAMPLES
from lab.prometheus import Prometheus, promtool
from lab.scenario import scenario

FOLDER = SAMPLES / "monitoring"
RULES = FOLDER / "alerts.yml"
RULE_TESTS = host.REPOSITORY / "integration" / "monitoring" / "alerts-test.yml"

SCRIPT = """
    [prompt]
    play = "ask"
    [keypress]
    length = 1
    [trigger]
    url = "WEB/it?digit={keypress}"
    [response]
    key = "code"
    cache = "5m"
    [[branch]]
    when = "200"
    then = "goto 9100@lab-destinations"
    [no_input]
    then = "continue"
    [no_response]
    then = "continue"
"""

METRICS = """
[metrics]
listen = "127.0.0.1:{port}"
"""

# Grafana replaces these in the queries of a dashboard.
VARIABLES = {"$__rate_interval": "1m", "$instance": ".*"}


def page(port, path, **headers):
    """A page of the daemon's metrics listener."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read().decode()


def dashboard_queries():
    """Each query of the dashboard, with its panel's title."""
    panels = json.loads((FOLDER / "grafana-dashboard.json").read_text())["panels"]
    for panel in panels:
        for target in panel.get("targets", []):
            expression = target["expr"]
            for name, value in VARIABLES.items():
                expression = expression.replace(name, value)
            yield panel["title"], expression


def series_names(expression):
    """The names of the daemon's series in an expression."""
    return set(re.findall(r"\b(?:dialscript|process)_\w+", expression))


def existing_series(server):
    """The names of all series that Prometheus has scraped from the daemon. The shared cache has none here."""
    names = {sample["metric"]["__name__"] for sample in server.query('{job="dialscript"}')}
    return names | {"dialscript_shared_cache_up"}


def run_calls(lab):
    """Two calls that are answered, the second from the cache."""
    lab.web.on("/it", web.json({"code": 200}))
    for cache in ("miss", "hit"):
        call = lab.call("asks")
        call.hear("ask")
        call.press("1")
        call.expect_variables("matched", code="200", input="1", http_status="200", cache=cache)


@scenario(
    "monitoring: promtool accepts the metrics, the alert rules with their tests, and the sample configuration",
    needs=prometheus.prepare,
)
def promtool_accepts(lab):
    port = free_port()
    lab.daemon.configure(METRICS.format(port=port))
    lab.script("asks", SCRIPT).start()
    run_calls(lab)
    found = promtool("check", "metrics", text=page(port, "/metrics"))
    expect("what promtool finds in the metrics", found, "")
    promtool("check", "rules", RULES)
    promtool("check", "config", "prometheus.yml", folder=FOLDER)
    promtool("test", "rules", RULE_TESTS.name, folder=RULE_TESTS.parent)


@scenario(
    "monitoring: Prometheus scrapes the daemon, evaluates all alert rules, and answers each query of the dashboard",
    needs=prometheus.prepare,
)
def prometheus_reads(lab):
    port = free_port()
    lab.configure_speech(METRICS.format(port=port), say=lab.synthesizer().engine(), listen=lab.recognizer().engine())
    lab.script("asks", SCRIPT).start()
    server = lab.close_at_end(Prometheus(lab.folder / "prometheus", port, RULES)).start()
    run_calls(lab)
    ended = 'sum(dialscript_calls_total{outcome="matched"}) == 2'
    wait_until(lambda: server.query(ended), 15, "Prometheus to scrape both calls")
    expect("errors of the scrape", [target["lastError"] for target in server.targets()], [""])
    wait_until(lambda: all(rule["health"] != "unknown" for rule in server.rules()), 15, "all rules to be evaluated")
    expect("rules with an error", [rule for rule in server.rules() if rule["health"] != "ok"], [])
    series = existing_series(server)
    expressions = [(rule["name"], rule["query"]) for rule in server.rules()] + list(dashboard_queries())
    unknown = {title: names for title, query in expressions if (names := series_names(query) - series)}
    expect("series that the daemon does not have", unknown, {})
    for _, expression in dashboard_queries():
        server.query(expression)  # a mistake in it is an error
    expect_values(server)
    expect("problems in the log of Prometheus", re.findall(r"(?i)level=(?:warn|error).*", server.log), [])
    expect("firing alerts", [rule["name"] for rule in server.rules() if rule.get("state") == "firing"], [])


def expect_values(server):
    """Checks values of the two calls, and the types that Prometheus has read."""
    def value(expression):
        return [float(sample["value"][1]) for sample in server.query(expression)]

    expect("measured calls", value("sum(dialscript_call_duration_seconds_count)"), [2.0])
    expect("measured questions", value('dialscript_input_seconds_count{script="asks"}'), [2.0])
    expect("measured hand-overs", value("sum(dialscript_handover_seconds_count)"), [2.0])
    expect("measured waits", value('sum(dialscript_trigger_seconds_count{script="asks"})'), [1.0])
    expect("calls from the cache", value('dialscript_cache_hits_total{script="asks"}'), [1.0])
    types = {name: entry[0]["type"] for name, entry in server.metadata().items()}
    expect("type of a histogram", types["dialscript_trigger_seconds"], "histogram")
    expect("type of a standard metric", types["process_open_fds"], "gauge")
