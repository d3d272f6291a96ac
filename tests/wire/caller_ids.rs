//! Caller ids that stand for a caller who is withheld or unknown: the same on both switches.

use dialscript::agi::environment::AgiEnvironment;
use dialscript::channel::Caller;
use dialscript::esl::channel_data::ChannelData;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

fn on_asterisk(number: &str, name: &str) -> Caller {
    let lines = format!("agi_callerid: {number}\nagi_calleridname: {name}\nagi_callingpres: 0\n");
    AgiEnvironment::from_frame(&lines.into()).caller()
}

fn on_freeswitch(number: &str, name: &str) -> Caller {
    let [number, name] = [number, name].map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC));
    let lines = format!("Caller-Caller-ID-Number: {number}\nCaller-Caller-ID-Name: {name}\n");
    ChannelData::from_block(lines.into()).caller()
}

/// The number and the name of a caller on both switches, which must agree.
fn shown(number: &str, name: &str) -> (String, String) {
    let [asterisk, freeswitch] = [on_asterisk, on_freeswitch].map(|switch| {
        let caller = switch(number, name);
        (caller.number, caller.name)
    });
    assert_eq!(asterisk, freeswitch, "{number:?} {name:?}");
    asterisk
}

#[test]
fn a_caller_id_that_means_withheld_is_empty_as_a_number_and_as_a_name() {
    for withheld in [
        "anonymous",
        "Anonymous",
        "ANONYMOUS",
        "Restricted",
        "unavailable",
        "Unknown",
        "private",
        "withheld",
        "0000000000",
        "\"Anonymous\"",
        "Anonymous Caller",
        "private number",
        "Unknown-Caller",
        "anonymous@anonymous.invalid",
        "Anonymous@Anonymous.Invalid",
        "sip:anonymous@anonymous.invalid",
        "<SIP:anonymous@anonymous.invalid;user=phone>",
        "sips:anonymous@10.0.0.1:5061",
        "sip:ann@anonymous.invalid",
        "anonymous@10.0.0.1",
        "@10.0.0.1",
        "sip:@10.0.0.1",
        "sip:",
        "tel:anonymous",
        "<>",
        "\"\"",
        " ",
        "",
    ] {
        assert_eq!(shown(withheld, "Ann"), (String::new(), "Ann".into()), "{withheld:?}");
        assert_eq!(shown("100", withheld), ("100".into(), String::new()), "{withheld:?}");
    }
}

/// FreeSWITCH sends the number if the caller has no name.
#[test]
fn a_name_that_is_only_the_number_is_empty() {
    assert_eq!(shown("+493012345", "+493012345"), ("+493012345".into(), String::new()));
    assert_eq!(shown("100", "1000"), ("100".into(), "1000".into()));
}

#[test]
fn a_caller_id_that_only_looks_like_withheld_stays() {
    for name in [
        "Private Bank Ltd",
        "Unknown Pleasures",
        "Restricted Number Plates",
        "Anonymously",
        "Mr Private",
        "Dr. Anonymous",
        "ann@private.example",
        "anonymous.invalid",
        "Ünknown",
        "+493012345",
        "sip:+493012345@host",
        "00000000000",
        "*",
    ] {
        assert_eq!(shown("100", name), ("100".into(), name.to_owned()));
        assert_eq!(shown(name, "Ann"), (name.to_owned(), "Ann".into()));
    }
}
