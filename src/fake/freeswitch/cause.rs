//! Names and numbers of hangup causes (`CAUSE_CHART` in `switch_channel.c`).

const CAUSES: [(&str, u8); 20] = [
    ("UNALLOCATED_NUMBER", 1),
    ("NO_ROUTE_TRANSIT_NET", 2),
    ("NO_ROUTE_DESTINATION", 3),
    ("CHANNEL_UNACCEPTABLE", 6),
    (NORMAL_CLEARING, 16),
    ("USER_BUSY", 17),
    ("NO_USER_RESPONSE", 18),
    ("NO_ANSWER", 19),
    ("SUBSCRIBER_ABSENT", 20),
    ("CALL_REJECTED", 21),
    ("NUMBER_CHANGED", 22),
    ("EXCHANGE_ROUTING_ERROR", 25),
    (DESTINATION_OUT_OF_ORDER, 27),
    ("INVALID_NUMBER_FORMAT", 28),
    ("FACILITY_REJECTED", 29),
    ("NORMAL_UNSPECIFIED", 31),
    ("NORMAL_CIRCUIT_CONGESTION", 34),
    ("NETWORK_OUT_OF_ORDER", 38),
    ("NORMAL_TEMPORARY_FAILURE", 41),
    ("SWITCH_CONGESTION", 42),
];

pub(super) const NORMAL_CLEARING: &str = "NORMAL_CLEARING";
pub(super) const DESTINATION_OUT_OF_ORDER: &str = "DESTINATION_OUT_OF_ORDER";

/// Parses a cause given by name or number. An unknown one becomes NORMAL_CLEARING (`switch_channel_str2cause`).
pub(super) fn parse_cause(text: &str) -> (&'static str, u8) {
    let text = text.trim();
    let matches = |(name, number): &&(&str, u8)| {
        name.eq_ignore_ascii_case(text) || text.parse() == Ok(*number)
    };
    CAUSES.iter().find(matches).copied().unwrap_or((NORMAL_CLEARING, 16))
}
