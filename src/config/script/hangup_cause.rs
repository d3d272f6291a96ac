//! Names of hangup causes.

use crate::channel::HangupCause;
use crate::config::nearest::nearest;

/// The causes of ITU-T Q.850, table 1. Long names are shortened.
const CAUSES: [(&str, u8); 53] = [
    ("unallocated", 1),
    ("no-route-transit", 2),
    ("no-route", 3),
    ("channel-unacceptable", 6),
    ("call-awarded", 7),
    ("preemption", 8),
    ("preemption-reserved", 9),
    ("normal", 16),
    ("busy", 17),
    ("no-user-response", 18),
    ("no-answer", 19),
    ("subscriber-absent", 20),
    ("rejected", 21),
    ("number-changed", 22),
    ("redirected", 23),
    ("exchange-routing-error", 25),
    ("non-selected-user", 26),
    ("out-of-order", 27),
    ("invalid-number", 28),
    ("facility-rejected", 29),
    ("status-enquiry-response", 30),
    ("normal-unspecified", 31),
    ("congestion", 34),
    ("network-out-of-order", 38),
    ("temporary-failure", 41),
    ("switch-congestion", 42),
    ("access-information-discarded", 43),
    ("channel-unavailable", 44),
    ("precedence-blocked", 46),
    ("resource-unavailable", 47),
    ("facility-not-subscribed", 50),
    ("outgoing-barred", 52),
    ("incoming-barred", 54),
    ("bearer-not-authorized", 57),
    ("bearer-unavailable", 58),
    ("service-unavailable", 63),
    ("bearer-not-implemented", 65),
    ("channel-type-not-implemented", 66),
    ("facility-not-implemented", 69),
    ("service-not-implemented", 79),
    ("invalid-call-reference", 81),
    ("incompatible-destination", 88),
    ("invalid-message", 95),
    ("mandatory-element-missing", 96),
    ("message-type-not-implemented", 97),
    ("wrong-message", 98),
    ("element-not-implemented", 99),
    ("invalid-element", 100),
    ("wrong-call-state", 101),
    ("timer-expired", 102),
    ("parameter-passed-on", 103),
    ("protocol-error", 111),
    ("interworking", 127),
];

/// Names of FreeSWITCH (`switch_channel.c`, `CAUSE_CHART`) that differ from ours, in small letters and with hyphens.
const FREESWITCH_NAMES: [(&str, &str); 7] = [
    ("user-busy", "busy"),
    ("call-rejected", "rejected"),
    ("normal-clearing", "normal"),
    ("unallocated-number", "unallocated"),
    ("normal-circuit-congestion", "congestion"),
    ("destination-out-of-order", "out-of-order"),
    ("no-route-destination", "no-route"),
];

/// A cause by its name or number.
pub(super) fn parse(text: &str) -> Option<HangupCause> {
    let named = CAUSES.iter().find(|(name, _)| *name == text).map(|(_, number)| *number);
    let number = named.or_else(|| text.parse().ok());
    number.filter(|number| (1..=127).contains(number)).map(HangupCause)
}

/// The help text of the error for an unknown cause.
pub(super) fn suggestion(text: &str) -> String {
    let text = text.to_lowercase().replace('_', "-");
    if let Some((_, ours)) = FREESWITCH_NAMES.iter().find(|(name, _)| *name == text) {
        return format!("write `hangup {ours}`");
    }
    let near = nearest(&text, CAUSES.iter().map(|(name, _)| *name));
    near.map_or(HELP.to_owned(), |near| format!("did you mean `hangup {near}`?"))
}

const HELP: &str = "write `busy`, `no-answer`, `rejected`, `congestion` or another cause of \
                     Q.850, or its number, 1 to 127";
