//! Error replies of the server: what they say about it, and what to do.

use redis::{ErrorKind, RedisError};

/// What an error says about the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorScope {
    /// The connection is broken, or leads to a server that is of no use at this time. After a failover the same address
    /// may lead to another server, or to the same one with another role. So a new connection is needed.
    Connection,
    /// This command failed. The server is of use for others.
    Command,
}

/// An error code at the beginning of a reply, what it means for us, and its text in the log.
const CODES: [(&str, ErrorScope, &str); 15] = [
    (
        "READONLY",
        ErrorScope::Connection,
        "it is a replica, which stores nothing; let the address in `shared` lead to the primary",
    ),
    (
        "MASTERDOWN",
        ErrorScope::Connection,
        "it is a replica without its primary; let the address in `shared` lead to the primary",
    ),
    ("LOADING", ErrorScope::Connection, "it is still loading its data; nothing to do"),
    (
        "NOREPLICAS",
        ErrorScope::Connection,
        "it has too few replicas to store anything; start them, or lower its min-replicas-to-write",
    ),
    (
        "MISCONF",
        ErrorScope::Connection,
        "it cannot save its data and stores nothing; see the log of the server",
    ),
    ("BUSY", ErrorScope::Connection, "a script keeps it busy; stop it with `SCRIPT KILL`"),
    ("UNKILLABLE", ErrorScope::Connection, "a script keeps it busy; restart the server"),
    ("NOAUTH", ErrorScope::Connection, "it requires a password; write it in `shared` of [cache]"),
    (
        "WRONGPASS",
        ErrorScope::Connection,
        "it rejects the user or the password in `shared` of [cache]; correct it, and restart the daemon",
    ),
    ("CLUSTERDOWN", ErrorScope::Connection, "its cluster is down; see the log of the server"),
    ("MOVED", ErrorScope::Connection, CLUSTER),
    ("ASK", ErrorScope::Connection, CLUSTER),
    ("TRYAGAIN", ErrorScope::Command, CLUSTER),
    (
        "OOM",
        ErrorScope::Command,
        "its memory is full; raise its maxmemory, or set its maxmemory-policy to allkeys-lru",
    ),
    (
        "NOPERM",
        ErrorScope::Command,
        "its user in `shared` of [cache] lacks a permission; see the manual for the commands that are needed",
    ),
];

const CLUSTER: &str =
    "it is part of a cluster, which is not supported; use a server without cluster mode";

fn known(code: &str) -> Option<(ErrorScope, &'static str)> {
    let known = CODES.iter().find(|(known, ..)| *known == code);
    known.map(|(_, scope, text)| (*scope, *text))
}

/// The codes of all error replies in an error.
fn codes(error: &RedisError) -> Vec<String> {
    let errors = error.clone().into_server_errors();
    let codes = errors.iter().flat_map(|errors| errors.iter()).map(|(_, error)| error.code());
    let clean = |code: &str| code.chars().filter(char::is_ascii_alphanumeric).take(24).collect();
    match error.kind() {
        // The library puts its own kind in place of the reply to `AUTH`.
        ErrorKind::AuthenticationFailed => vec!["WRONGPASS".to_owned()],
        _ => codes.map(clean).collect(),
    }
}

pub(super) fn scope(error: &RedisError) -> ErrorScope {
    let codes = codes(error);
    if codes
        .iter()
        .any(|code| known(code).is_some_and(|(scope, _)| scope == ErrorScope::Connection))
    {
        return ErrorScope::Connection;
    }
    match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension | ErrorKind::UnexpectedReturnType => {
            ErrorScope::Command
        }
        _ => ErrorScope::Connection,
    }
}

/// Returns the text of a network error, or the code at the beginning of an error reply, such as `NOAUTH`, and what to do.
/// The rest of an error reply is left out, since it may repeat what we sent.
pub(super) fn error_reason(error: &RedisError) -> String {
    if error.is_io_error() {
        return error.to_string();
    }
    let codes = codes(error);
    let known_code = codes.iter().find_map(|code| Some((code, known(code)?.1)));
    match (known_code, codes.first()) {
        (Some((code, text)), _) => format!("server error {code}: {text}"),
        (None, Some(code)) => format!("server error {code}"),
        (None, None) => error.category().to_owned(),
    }
}
