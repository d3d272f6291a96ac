//! URLs with values and egress rules: the host that the rules check is the host that the HTTP client connects to, and
//! no spelling of a denied address passes them. A value behind the host never changes the host.
//!
//! `cargo fuzz run --fuzz-dir integration/fuzz -s none urls`. The first byte of the input selects the URL in the script,
//! the rest is the value.
#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use dialscript::script::template::{
    BraceSyntax, Placeholder, PlaceholderValue, PlaceholderValues, Template, parse_template,
};
use dialscript::web::egress::EgressRules;
use libfuzzer_sys::fuzz_target;
use url::{Host, Url};

const URLS: [&str; 10] = [
    "{$url}",
    "https://{$host}/orders",
    "https://{$host}:8443/orders?id={$id}",
    "https://{$host}.shop.example/",
    "https://shop.example{$host}/",
    "https://user@{$host}/",
    "https://shop.example/{$path}",
    "https://shop.example/{$path}/x?{$name}={$value}",
    "https://shop.example?{$query}",
    "https://shop.example:8443/#{$path}",
];

/// Any literal address may be named, so that only the check of addresses decides about it.
static RULES: LazyLock<EgressRules> = LazyLock::new(|| {
    let hosts = ["shop.example", "*.shop.example", "192.0.9.1", "127.0.0.1", "10.0.0.1", "::1", "fe80::1"];
    let hosts = hosts.iter().map(|host| host.parse().expect("a host pattern"));
    EgressRules::new(hosts.collect(), vec!["10.0.0.1/32".parse().expect("a network")])
});

/// One value for all placeholders.
struct OneValue<'a>(&'a str);

impl PlaceholderValues for OneValue<'_> {
    fn value(&self, _: &Placeholder) -> PlaceholderValue<'_> {
        PlaceholderValue::public(self.0)
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((select, value)) = input.split_first() else { return };
    let Ok(value) = std::str::from_utf8(value) else { return };
    let written = URLS[usize::from(*select) % URLS.len()];
    let (pieces, errors) = parse_template(written, BraceSyntax::Doubled);
    assert!(errors.is_empty());
    let (template, decides_host) = Template::url(pieces.into_iter().map(|(_, piece)| piece));
    let Ok(filled) = template.fill(&OneValue(value)) else { return };
    let Ok(url) = Url::parse(filled.text()) else { return };
    if !decides_host {
        assert_eq!(url.host_str(), Some("shop.example"), "{url}");
        check_authority(&url);
    } else if matches!(url.scheme(), "http" | "https") && RULES.check(&url).is_ok() {
        check_allowed(&url);
        check_authority(&url);
    }
});

/// The HTTP client takes the host from the URL as text (`reqwest`, `into_url.rs`; `hyper_util`, `http.rs`).
fn check_authority(url: &Url) {
    // Otherwise the request fails before there is a connection.
    let Ok(uri) = url.as_str().parse::<http::Uri>() else { return };
    let host = url.host_str().expect("an http URL has a host");
    assert_eq!(uri.host(), Some(host), "{url}");
    assert_eq!(uri.port_u16(), url.port(), "{url}");
    let again = Url::parse(url.as_str()).expect("a URL can be parsed again");
    assert_eq!(again.host(), url.host(), "{url}");
}

fn check_allowed(url: &Url) {
    match url.host().expect("an http URL has a host") {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            assert!(name == "shop.example" || name.ends_with(".shop.example"), "{url}");
            assert_eq!(spelled_address(name), None, "{url}");
        }
        Host::Ipv4(address) => assert!(may_be_reached(IpAddr::V4(address)), "{url}"),
        Host::Ipv6(address) => assert!(may_be_reached(IpAddr::V6(address)), "{url}"),
    }
}

/// The rules of [`RULES`], written a second time: 10.0.0.1 and public addresses.
fn may_be_reached(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4 == Ipv4Addr::new(10, 0, 0, 1) || v4 == Ipv4Addr::new(192, 0, 9, 1),
        IpAddr::V6(v6) => v6.to_ipv4_mapped().is_some_and(|v4| may_be_reached(v4.into())) && v6 != Ipv6Addr::LOCALHOST,
    }
}

/// The address that `inet_aton` reads in a host: one to four numbers, decimal, octal or hexadecimal.
fn spelled_address(host: &str) -> Option<Vec<u32>> {
    let number = |text: &str| match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None if text.starts_with('0') => u32::from_str_radix(text, 8).ok(),
        None => text.parse().ok(),
    };
    let numbers: Option<Vec<_>> = host.split('.').map(number).collect();
    numbers.filter(|numbers| numbers.len() <= 4)
}
