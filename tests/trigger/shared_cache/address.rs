//! Addresses of cache servers, and how they are shown.

use dialscript::trigger::shared_cache::{RedisAddress, RedisAddressError, SharedCacheSettings};

#[test]
fn an_address_is_a_redis_url_a_rediss_url_or_a_socket() {
    for text in [
        "redis://10.0.0.5",
        "redis://[::1]:6380/15",
        "redis://user:pass@cache.example:6379/",
        "rediss://cache.example:6380/0",
        "unix:///run/redis/redis.sock?db=1&user=u&pass=p",
    ] {
        assert!(text.parse::<RedisAddress>().is_ok(), "{text}");
    }
    for text in ["", "10.0.0.5:6379", "http://10.0.0.5/", "redis:///0", "redis://0.0.0.0/", "unix:"]
    {
        assert_eq!(text.parse::<RedisAddress>(), Err(RedisAddressError::NotRedis), "{text}");
    }
    for text in ["redis://a/b", "rediss://a/-1", "redis://a/1/2"] {
        assert_eq!(text.parse::<RedisAddress>(), Err(RedisAddressError::InvalidDatabase), "{text}");
    }
    for text in ["rediss://a/#insecure", "redis://a/?protocol=resp3", "unix:///a?timeout=1"] {
        assert_eq!(text.parse::<RedisAddress>(), Err(RedisAddressError::TrailingParts), "{text}");
    }
}

#[test]
fn the_debug_output_of_the_settings_contains_no_secret() {
    let shown = |url: &str| {
        let address: RedisAddress = url.parse().unwrap();
        let settings = SharedCacheSettings { address: address.clone(), secret: "s3cret".into() };
        format!("{address} {address:?} {settings:?}")
    };
    let redis = shown("rediss://me:s3cret@cache.example:6380/1");
    assert!(redis.starts_with("rediss://cache.example:6380/1 "), "{redis}");
    let unix = shown("unix:///run/redis.sock?user=me&pass=s3cret");
    assert!(unix.starts_with("unix:///run/redis.sock "), "{unix}");
    assert!(!format!("{redis}{unix}").contains("s3cret") && !redis.contains("me:"));
}
