//! Names of tables that a script does not have, but that people try.

/// Tables that do not exist, and what people mean by them.
pub(super) const FOREIGN_TABLES: [(&[&str], &str); 7] = [
    (
        &["default", "else", "fallback", "other"],
        "what happens with any other answer or input is `[otherwise]`",
    ),
    (
        &["timeout", "error", "failure", "failed", "on_error"],
        "what happens without an answer is `[no_response]`, and without an input `[no_input]`",
    ),
    (&["invalid", "wrong", "retry"], "what happens after a wrong input is `[invalid_input]`"),
    (
        &["tries", "attempts", "max_tries", "lockout"],
        "how often a script may begin in one call is `[limit]`, and how often it asks is `repeat` in `[prompt]`",
    ),
    (
        &["end", "on_end", "finished", "completed", "report", "status_callback", "cdr"],
        "the request that reports how a call ended is `[ended]`",
    ),
    (
        &["menu", "option", "options", "choice", "choices", "case", "match", "when"],
        "each choice is a table `[[branch]]` with `when` and `then`",
    ),
    (
        &[
            "asterisk",
            "freeswitch",
            "folders",
            "server",
            "egress",
            "log",
            "metrics",
            "upstream",
            "sound_server",
        ],
        "this table belongs in dialscript.toml",
    ),
];
