//! Each key that the program knows is in one reference table, and each key of such a table is known.
//!
//! The known keys come from the program: it lists them when a table has an unknown key.

use std::collections::BTreeSet;

use regex::Regex;

use crate::assert_none;
use crate::page::{Page, PageTable, all_pages, code_words, page};
use crate::sandbox::Sandbox;

/// A key that is like no other.
const UNKNOWN: &str = "zzzzzzzzzzzz";

/// The reference table for the keys of one TOML table.
pub(crate) struct ReferenceTable {
    pub(crate) page: &'static str,
    heading: &'static str,
    /// The first cell of its header, and which one of those it is.
    header: &'static str,
    number: usize,
    /// Files that have the unknown key in this table: `(name, text)`.
    pub(crate) probes: &'static [(&'static str, &'static str)],
    /// Keys that are described elsewhere: tables, `when` and `and`, and the keys of the other table of a condition.
    without: &'static [&'static str],
}

pub(crate) const SCRIPT: &str = "scripts/probe.toml";
pub(crate) const DAEMON: &str = "dialscript.toml";

/// A condition is written in the same way in both keys.
const CONDITIONS: &[(&str, &str)] =
    &[(SCRIPT, "[[branch]]\nwhen = { ? }\n"), (SCRIPT, "[[branch]]\nand = { ? }\n")];

const fn script(
    page: &'static str,
    probes: &'static [(&'static str, &'static str)],
) -> ReferenceTable {
    ReferenceTable { page, heading: "", header: "Key", number: 0, probes, without: &[] }
}

const fn daemon(
    heading: &'static str,
    probes: &'static [(&'static str, &'static str)],
) -> ReferenceTable {
    ReferenceTable { heading, ..script("docs/admin/configuration.md", probes) }
}

pub(crate) fn reference_tables() -> Vec<ReferenceTable> {
    let mut tables = script_tables();
    tables.extend(daemon_tables());
    tables
}

fn script_tables() -> Vec<ReferenceTable> {
    vec![
        script("docs/scripts/prompt.md", &[(SCRIPT, "[prompt]\n?")]),
        ReferenceTable {
            heading: "`[limit]`",
            ..script("docs/scripts/branches.md", &[(SCRIPT, "[limit]\n?")])
        },
        script("docs/scripts/keypress.md", &[(SCRIPT, "[keypress]\n?")]),
        script("docs/scripts/speech.md", &[(SCRIPT, "[speech]\n?")]),
        script("docs/scripts/response.md", &[(SCRIPT, "[response]\n?")]),
        ReferenceTable {
            heading: "`[voice]`",
            ..script("docs/scripts/texts.md", &[(SCRIPT, "[voice]\n?")])
        },
        ReferenceTable {
            heading: "Keys",
            without: &["reassure"],
            ..script("docs/scripts/trigger.md", &[(SCRIPT, "[trigger]\n?")])
        },
        ReferenceTable {
            heading: "Keys",
            number: 1,
            ..script("docs/scripts/trigger.md", &[(SCRIPT, "[trigger.reassure]\n?")])
        },
        ReferenceTable {
            heading: "Credentials",
            header: "Key of `auth`",
            ..script("docs/scripts/trigger.md", &[(SCRIPT, "[trigger]\nauth = { ? }\n")])
        },
        ReferenceTable {
            heading: "Outcomes",
            without: &["when", "and"],
            ..script(
                "docs/scripts/branches.md",
                &[(SCRIPT, "[[branch]]\n?"), (SCRIPT, "[otherwise]\n?"), (SCRIPT, "[no_input]\n?")],
            )
        },
        ReferenceTable {
            heading: "Matchers",
            header: "`when =`",
            without: &["key", "of", "is", "not"],
            ..script("docs/scripts/branches.md", CONDITIONS)
        },
        ReferenceTable {
            heading: "Conditions",
            without: &["min", "max", "pattern", "present", "absent", "status"],
            ..script("docs/scripts/branches.md", CONDITIONS)
        },
    ]
}

fn daemon_tables() -> Vec<ReferenceTable> {
    vec![
        daemon("`[asterisk]`", &[(DAEMON, "[asterisk]\n?")]),
        daemon("`[freeswitch]`", &[(DAEMON, "[freeswitch]\n?")]),
        daemon("`[folders]`", &[(DAEMON, "[folders]\n?")]),
        daemon("`[server]`", &[(DAEMON, "[server]\n?")]),
        daemon("`[trigger]`", &[(DAEMON, "[trigger]\n?")]),
        daemon("`[upstream.\"HOST\"]`", &[(DAEMON, "[upstream.\"shop.example\"]\n?")]),
        daemon("`[breaker]`", &[(DAEMON, "[breaker]\n?")]),
        daemon("`[cache]`", &[(DAEMON, "[cache]\n?")]),
        ReferenceTable {
            without: &["engines"],
            ..daemon("`[speech]`", &[(DAEMON, "[speech]\n?")])
        },
        daemon(
            "`[speech.engines.NAME]`",
            &[
                (DAEMON, "[speech.engines.a]\nengine = \"command\"\n?"),
                (DAEMON, "[speech.engines.a]\nengine = \"http\"\n?"),
                (DAEMON, "[speech.engines.a]\nengine = \"switch\"\n?"),
                (DAEMON, "[speech.listen]\nengine = \"command\"\n?"),
                (DAEMON, "[speech.listen]\nengine = \"http\"\n?"),
                (DAEMON, "[speech.listen]\nengine = \"switch\"\n?"),
                (DAEMON, "[speech.listen]\nengine = \"vosk\"\n?"),
            ],
        ),
        daemon("`[sound_server]`", &[(DAEMON, "[sound_server]\n?")]),
        daemon("`[egress]`", &[(DAEMON, "[egress]\n?")]),
        daemon("`[log]`", &[(DAEMON, "[log]\n?")]),
        daemon("`[control]`", &[(DAEMON, "[control]\n?")]),
        daemon("`[metrics]`", &[(DAEMON, "[metrics]\n?")]),
        daemon("`[otlp]`", &[(DAEMON, "[otlp]\n?")]),
    ]
}

#[test]
fn each_reference_table_has_the_keys_that_the_program_knows() {
    let mut problems = Vec::new();
    for reference in reference_tables() {
        let page = page(reference.page);
        let table = reference.find(&page);
        let mut known: BTreeSet<_> =
            reference.probes.iter().flat_map(|(file, text)| known_keys(file, text)).collect();
        known.retain(|key| !reference.without.contains(&key.as_str()));
        problems.extend(difference(&page, table.line, &known, &keys_of(&table)));
    }
    assert_none(&problems);
}

#[test]
fn a_key_has_no_second_reference_table() {
    let references = reference_tables();
    let mut problems = Vec::new();
    for page in all_pages() {
        for table in page.tables() {
            let looks_like_one = table.header.len() >= 3
                && (&table.header[0], &table.header[1]) == (&"Key".into(), &"Meaning".into());
            let is_known = references.iter().any(|reference| {
                page.path.ends_with(reference.page) && reference.find(&page).line == table.line
            });
            if looks_like_one && !is_known {
                problems.push(format!("{}: not compared with the program", page.place(table.line)));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn each_table_of_a_script_is_in_the_overview() {
    let page = page("docs/scripts/overview.md");
    let table = page.tables().into_iter().find(|table| table.heading == "The tables").unwrap();
    let name = Regex::new(r"`\[+(\w+)\]+`").unwrap();
    let rows = table.rows.iter().filter_map(|row| name.captures(&row[0]));
    let described = rows.map(|found| found[1].to_owned()).collect();
    assert_none(&difference(&page, table.line, &known_keys(SCRIPT, "?"), &described));
}

#[test]
fn each_table_of_the_configuration_has_a_section() {
    let page = page("docs/admin/configuration.md");
    let name = Regex::new(r"^## `\[(\w+)").unwrap();
    let prose = page.prose();
    let headings = prose.iter().filter_map(|line| name.captures(line.text));
    let described = headings.map(|found| found[1].to_owned()).collect();
    assert_none(&difference(&page, 1, &known_keys(DAEMON, "?"), &described));
}

#[test]
fn the_keys_of_hangup_and_ended_are_listed() {
    let page = page("docs/scripts/branches.md");
    let prose = page.prose();
    let section = prose.iter().filter(|line| line.heading == "`[hangup]`");
    let list = section.skip_while(|line| !line.text.contains("It takes the keys"));
    let list: Vec<_> = list.take_while(|line| !line.text.is_empty()).collect();
    let sentence: String = list.iter().flat_map(|line| [line.text, "\n"]).collect();
    let sentence = sentence.split(", with").next().unwrap();
    let described = code_words(sentence).into_iter().map(str::to_owned).collect();
    let line = list.first().map_or(1, |line| line.number);
    for table in ["[hangup]\n?", "[ended]\n?"] {
        assert_none(&difference(&page, line, &known_keys(SCRIPT, table), &described));
    }
}

impl ReferenceTable {
    pub(crate) fn find(&self, page: &Page) -> PageTable {
        let tables = page.tables().into_iter();
        let mut like_it = tables.filter(|table| {
            (self.heading.is_empty() || table.heading == self.heading)
                && table.header[0] == self.header
        });
        let place = format!("{}, below {:?}", self.page, self.heading);
        like_it.nth(self.number).unwrap_or_else(|| panic!("no table of keys in {place}"))
    }
}

/// The keys in the first column: words in backticks, or what has a value there.
fn keys_of(table: &PageTable) -> BTreeSet<String> {
    table.rows.iter().flat_map(|row| keys_in(&row[0])).collect()
}

/// The keys in a cell of the first column.
pub(crate) fn keys_in(cell: &str) -> BTreeSet<String> {
    let assignment = Regex::new(r"(\w+) = ").unwrap();
    let mut keys = BTreeSet::new();
    for word in code_words(cell) {
        match word.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            true => drop(keys.insert(word.to_owned())),
            false => keys.extend(assignment.captures_iter(word).map(|found| found[1].to_owned())),
        }
    }
    keys
}

/// What the program lists as known where this file has `?`.
fn known_keys(file: &str, text: &str) -> BTreeSet<String> {
    let sandbox = Sandbox::new();
    sandbox.write("scripts/.gitkeep", "");
    sandbox.write(file, text.replace('?', &format!("{UNKNOWN} = 1")));
    let output = sandbox.dialscript(&["check"]).output;
    let (_, about) = output.split_once(&format!("`{UNKNOWN}`")).expect("no word of an unknown key");
    let help =
        about.lines().find_map(|line| line.trim().strip_prefix("= help: ")).expect("no help");
    let (_, list) = help.split_once(": ").unwrap_or_else(|| panic!("no list of keys: {help}"));
    list.split(", ").map(|key| key.trim_matches('`').to_owned()).collect()
}

fn difference(
    page: &Page,
    line: usize,
    known: &BTreeSet<String>,
    described: &BTreeSet<String>,
) -> Vec<String> {
    let place = page.place(line);
    let missing = known.difference(described);
    let missing = missing.map(|key| format!("{place}: `{key}` is not described"));
    let unknown = described.difference(known);
    missing.chain(unknown.map(|key| format!("{place}: the program has no `{key}`"))).collect()
}
