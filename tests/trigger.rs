//! Requests to web applications: HTTP, authentication, and the cache that daemons share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod trigger {
    mod http;
    mod identity;
    mod requests;
    mod shared_cache;
}
