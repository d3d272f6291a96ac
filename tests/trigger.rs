//! Requests to web applications: over HTTP, with identities, and with a cache that daemons share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod trigger {
    mod http;
    mod identity;
    mod requests;
    mod shared_cache;
}
