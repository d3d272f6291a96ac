//! The alert rules and the dashboard agree with the manual: each alert has its section and its link, and each expression
//! names only metrics that the manual lists. Prometheus itself reads them in a scenario of `integration/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::assert_none;
use crate::page::{as_heading, page, root};

const RULES: &str = "dialplan/monitoring/alerts.yml";
const RULE_TESTS: &str = "integration/monitoring/alerts-test.yml";
const DASHBOARD: &str = "dialplan/monitoring/grafana-dashboard.json";
const ALERTS: &str = "docs/admin/alerts.md";
const METRICS: &str = "docs/admin/metrics.md";

static METRIC_NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:dialscript|process)_\w+").unwrap());
/// What Prometheus appends to the name of a histogram.
const HISTOGRAM_SERIES: [&str; 3] = ["_bucket", "_sum", "_count"];

/// An alert rule, as the text of the file says.
struct AlertRule {
    name: String,
    text: String,
}

impl AlertRule {
    fn all() -> Vec<Self> {
        let text = read(RULES);
        let rules = text.split("      - alert: ").skip(1).map(|rule| Self {
            name: rule.lines().next().unwrap_or_default().to_owned(),
            text: rule.to_owned(),
        });
        rules.collect()
    }

    /// The value of a key on one line, or of several lines after `>-`.
    fn value(&self, key: &str) -> Option<String> {
        let (_, rest) = self.text.split_once(&format!(" {key}: "))?;
        let (first, more) = rest.split_once('\n')?;
        if first != ">-" {
            return Some(first.trim_matches('"').to_owned());
        }
        let indent = more.len() - more.trim_start().len();
        let is_part = |line: &&str| line.len() - line.trim_start().len() == indent;
        Some(more.lines().take_while(is_part).map(str::trim).collect::<Vec<_>>().join(" "))
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

fn dashboard() -> Value {
    serde_json::from_str(&read(DASHBOARD)).unwrap()
}

/// The metrics of the manual: each name with its type.
fn listed_metrics() -> BTreeMap<String, String> {
    let page = page(METRICS);
    let tables = page.tables().into_iter().filter(|table| table.header[0] == "Metric");
    let rows = tables.flat_map(|table| table.rows).filter(|row| row[0].starts_with('`'));
    rows.map(|row| (row[0].trim_matches('`').to_owned(), row[1].clone())).collect()
}

/// The metrics in an expression that do not exist.
fn unknown_metrics(expression: &str, listed: &BTreeMap<String, String>) -> Vec<String> {
    let names = METRIC_NAME.find_iter(expression).map(|found| found.as_str());
    let is_known = |name: &str| match listed.get(name) {
        Some(kind) => kind != "histogram",
        None => HISTOGRAM_SERIES.iter().any(|series| {
            let histogram = name.strip_suffix(series).and_then(|name| listed.get(name));
            histogram.is_some_and(|kind| kind == "histogram")
        }),
    };
    names.filter(|name| !is_known(name)).map(str::to_owned).collect()
}

#[test]
fn each_alert_has_its_texts_a_link_to_its_section_and_a_test() {
    let (page, tests, rules) = (page(ALERTS), read(RULE_TESTS), AlertRule::all());
    let headings: BTreeSet<_> =
        page.prose().into_iter().filter_map(|line| as_heading(line.text)).collect();
    let mut problems = Vec::new();
    for rule in &rules {
        let name = &rule.name;
        for key in ["severity", "summary", "description"] {
            if rule.value(key).is_none_or(|text| text.is_empty()) {
                problems.push(format!("{RULES}: {name} has no {key}"));
            }
        }
        let link = format!("{ALERTS}#{}", name.to_lowercase());
        if rule.value("runbook_url") != Some(link) {
            problems.push(format!("{RULES}: {name} has another runbook_url"));
        }
        if !headings.contains(name.as_str()) {
            problems.push(format!("{ALERTS}: {name} has no section"));
        }
        if !tests.contains(&format!("alertname=\"{name}\"")) {
            problems.push(format!("{RULE_TESTS}: {name} has no test"));
        }
    }
    let is_gone = |heading: &&&str| {
        heading.starts_with("Dialscript") && !rules.iter().any(|rule| rule.name == **heading)
    };
    problems
        .extend(headings.iter().filter(is_gone).map(|name| format!("{ALERTS}: no alert {name}")));
    assert!(rules.len() > 10, "{} rules", rules.len());
    assert_none(&problems);
}

#[test]
fn rules_and_queries_of_the_manual_name_only_existing_metrics() {
    let listed = listed_metrics();
    let mut problems = Vec::new();
    for rule in AlertRule::all() {
        let expression = rule.value("expr").expect(&rule.name);
        let unknown = unknown_metrics(&expression, &listed);
        problems.extend(unknown.iter().map(|name| format!("{RULES}: {}: no {name}", rule.name)));
    }
    for table in page(METRICS).tables().iter().filter(|table| table.header[0] == "Question") {
        for row in &table.rows {
            let unknown = unknown_metrics(&row[1], &listed);
            problems.extend(unknown.iter().map(|name| format!("{METRICS}: {}: no {name}", row[0])));
        }
    }
    assert_none(&problems);
}

#[test]
fn the_dashboard_shows_each_metric_and_no_other() {
    let (listed, dashboard) = (listed_metrics(), dashboard());
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let expressions: Vec<_> = targets.map(|target| target["expr"].as_str().unwrap()).collect();
    let mut problems = Vec::new();
    for expression in &expressions {
        let unknown = unknown_metrics(expression, &listed);
        problems.extend(unknown.iter().map(|name| format!("{DASHBOARD}: {expression}: no {name}")));
    }
    let shown = expressions.join(" ");
    let is_missing =
        |name: &&String| !Regex::new(&format!(r"\b{name}(_bucket)?\b")).unwrap().is_match(&shown);
    problems.extend(listed.keys().filter(is_missing).map(|name| format!("{DASHBOARD}: no {name}")));
    assert_none(&problems);
}

#[test]
fn the_dashboard_can_be_imported() {
    let dashboard = dashboard();
    for key in ["title", "uid"] {
        assert_eq!(dashboard[key], "dialscript");
    }
    assert!(dashboard["schemaVersion"].is_u64() && dashboard["id"].is_null());
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let names: Vec<_> = variables.iter().map(|variable| &variable["name"]).collect();
    assert_eq!(names, ["datasource", "instance"]);
    assert_eq!(variables[0]["type"], "datasource");
    let (mut ids, mut problems) = (BTreeSet::new(), Vec::new());
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().expect("a title");
        if !ids.insert(panel["id"].as_u64().expect(title)) {
            problems.push(format!("{title}: its id is that of another panel"));
        }
        let place = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().expect(title));
        if place[0] + place[2] > 24 {
            problems.push(format!("{title}: it is wider than the dashboard"));
        }
        if panel["type"] == "row" {
            continue;
        }
        let sources = panel["targets"].as_array().expect(title).iter();
        let mut sources = sources.map(|target| &target["datasource"]).chain([&panel["datasource"]]);
        if !sources.all(|source| source["uid"] == "${datasource}") {
            problems.push(format!("{title}: its data source is not the variable"));
        }
        if panel["description"].as_str().is_none_or(str::is_empty) {
            problems.push(format!("{title}: it has no description"));
        }
    }
    assert_none(&problems);
}
