//! Egress rules: where a request may go when a value decides its host.

use dialscript::script::request::{RequestAuth, TriggerClient, TriggerError, TriggerRequest};
use dialscript::trigger::TriggerSettings;
use dialscript::web::egress::{EgressDenied, EgressRules, HostPattern};

use crate::support::web::{Reply, Web};
use crate::trigger::http::{CANARY, ask, client_with, code, filled, header, post};
use crate::trigger::requests::{get, plain_script};

fn hosts(list: &[&str]) -> Vec<HostPattern> {
    list.iter().map(|host| host.parse().expect("a host")).collect()
}

fn egress(names: &[&str], networks: &[&str]) -> EgressRules {
    EgressRules::new(hosts(names), networks.iter().map(|net| net.parse().unwrap()).collect())
}

fn get_with_host_from_value(url: impl AsRef<str>) -> TriggerRequest {
    let mut request = get(url);
    request.target.decides_host = true;
    request
}

fn settings(names: &[&str], networks: &[&str]) -> TriggerSettings {
    let allow_networks = networks.iter().map(|net| net.parse().unwrap()).collect();
    TriggerSettings { allow_hosts: hosts(names), allow_networks, ..TriggerSettings::default() }
}

#[test]
fn only_listed_hosts_are_allowed() {
    let egress = egress(&["shop.example", "*.cdn.example", "8.8.8.8", "[2606:4700::1]"], &[]);
    let rows = [
        ("http://shop.example/", true),
        ("https://SHOP.Example:8443/x", true),
        ("http://shop.example./", true),
        ("http://user@shop.example/", true),
        ("http://a.cdn.example/", true),
        ("http://a.b.CDN.example./", true),
        ("http://8.8.8.8/", true),
        ("http://0x8.010.2056/", true),
        ("http://[2606:4700:0::1]/", true),
        ("http://www.shop.example/", false),
        ("http://shop.example.evil/", false),
        ("http://evilshop.example/", false),
        ("http://shop.example@evil.example/", false),
        ("http://shop.example:80@evil.example/", false),
        ("http://evil.example/shop.example", false),
        ("http://evil.example\\@shop.example/", false),
        ("http://evil.example?@shop.example/", false),
        ("http://evil.example#@shop.example/", false),
        ("http://cdn.example/", false),
        ("http://.cdn.example/", false),
        ("http://evilcdn.example/", false),
        ("http://a.cdn.example.evil/", false),
        ("http://8.8.4.4/", false),
        ("http://[2606:4700::2]/", false),
        ("http://[::ffff:8.8.8.8]/", false),
        ("http://ѕhop.example/", false),
    ];
    for (url, passes) in rows {
        let checked = egress.check(&url.parse().unwrap());
        assert_eq!(checked.is_ok(), passes, "{url}: {checked:?}");
        assert!(passes || checked == Err(EgressDenied::Host), "{url}");
    }
}

#[test]
fn international_host_names_are_compared_in_their_ascii_form() {
    let egress = egress(&["*.büro.example"], &[]);
    assert!(egress.check(&"http://a.xn--bro-hoa.example/".parse().unwrap()).is_ok());
    assert!(egress.check(&"http://a.BÜRO.example/".parse().unwrap()).is_ok());
}

#[test]
fn an_invalid_host_is_an_invalid_pattern() {
    for text in [
        "",
        ".",
        "*",
        "*.",
        "**.a",
        "a.*",
        "*a.example",
        "*.8.8.8.8",
        "http://a.example",
        "a:80",
        "a/b",
        "a b",
        "[::1",
        "a@b",
    ] {
        assert!(text.parse::<HostPattern>().is_err(), "{text}");
    }
}

const SPECIAL: [&str; 58] = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.1.2.3",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:53aa:64c::1",
    "2001:10::1",
    "2001:20::1",
    "2001:1ff::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "4000::1",
    "2a00:1450::5efe:10.0.0.1",
    "2a00:1450::5efe:127.0.0.1",
    "2a00:1450::200:5efe:10.0.0.1",
    "2a00:1450::300:5efe:169.254.169.254",
    "fe80::5efe:8.8.8.8",
    "fd00::200:5efe:8.8.8.8",
    "::ffff:0.0.0.0",
];

#[test]
fn special_addresses_are_allowed_only_when_their_network_is_listed() {
    let (closed, open) = (egress(&[], &[]), egress(&[], &["0.0.0.0/0", "::/0"]));
    for address in SPECIAL.map(|text| text.parse().expect(text)) {
        assert!(!closed.allows_address(address), "{address}");
        assert!(open.allows_address(address), "{address}");
    }
}

#[test]
fn public_addresses_are_allowed() {
    let egress = egress(&[], &[]);
    for text in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "192.167.1.1",
        "198.17.1.1",
        "198.20.0.1",
        "223.255.255.254",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2003::1",
        "2606:4700::1",
        "2a00:1450::1",
        "2a00:1450::5efe:8.8.8.8",
        "2a00:1450::400:5efe:10.0.0.1",
        "2a00:1450::5eff:10.0.0.1",
    ] {
        assert!(egress.allows_address(text.parse().expect(text)), "{text}");
    }
}

#[test]
fn a_listed_network_allows_its_own_addresses_only() {
    let egress = egress(&[], &["10.1.0.0/16", "fd00::/8"]);
    let rows = [
        ("10.1.2.3", true),
        ("::ffff:10.1.2.3", true),
        ("64:ff9b::10.1.2.3", true),
        ("2a00:1450::5efe:10.1.2.3", true),
        ("fe80::5efe:10.1.2.3", false),
        ("10.2.0.1", false),
        ("::ffff:10.2.0.1", false),
        ("fd12::1", true),
        ("fc00::1", false),
        ("127.0.0.1", false),
    ];
    for (text, reached) in rows {
        assert_eq!(egress.allows_address(text.parse().expect(text)), reached, "{text}");
    }
}

#[tokio::test]
async fn a_special_address_is_refused_in_every_notation() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    let port = web.address.port();
    let all = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"];
    let triggers = client_with(settings(&all, &[]));
    for host in [
        "localhost",
        "LOCALHOST",
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "evil@localhost",
    ] {
        let request = get_with_host_from_value(format!("http://{host}:{port}/"));
        let error = triggers.send(request, &plain_script()).await.answer.expect_err(host);
        let TriggerError::NotSent(reason) = error else { panic!("{host}: {error:?}") };
        assert!(reason.contains("`allow_networks`"), "{host}: {reason}");
    }
    assert_eq!(web.unread_requests(), 0);
}

#[tokio::test]
async fn a_special_address_in_a_listed_network_is_reached() {
    let web = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
    let port = web.address.port();
    let triggers = client_with(settings(&["localhost", "127.0.0.1"], &["127.0.0.0/8"]));
    for host in ["localhost", "127.0.0.1", "2130706433"] {
        let fetched = triggers
            .send(get_with_host_from_value(format!("http://{host}:{port}/")), &plain_script())
            .await;
        assert_eq!(code(&fetched), "200", "{host}");
    }
}

#[tokio::test]
async fn a_request_to_an_unlisted_host_is_refused() {
    let triggers = client_with(settings(&["shop.example"], &["0.0.0.0/0", "::/0"]));
    for url in ["http://localhost/", "http://shop.example@localhost/", "http://127.0.0.1/"] {
        let error = triggers
            .send(get_with_host_from_value(url), &plain_script())
            .await
            .answer
            .expect_err(url);
        let TriggerError::NotSent(reason) = error else { panic!("{url}: {error:?}") };
        assert!(reason.contains("`allow_hosts`"), "{url}: {reason}");
    }
}

#[tokio::test]
async fn a_host_written_in_the_script_is_not_restricted() {
    let web = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
    assert_eq!(code(&ask(get(web.url("/"))).await), "200");
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_followed_only_to_a_listed_host() {
    let mut other = Web::start(|_| Reply::json(r#"{"code":"there"}"#)).await;
    let to = other.url("/");
    let web = Web::start(move |_| Reply::redirect(302, &to)).await;
    for (names, networks, follows) in [
        (&["127.0.0.1"][..], &["127.0.0.0/8"][..], true),
        (&["127.0.0.1"], &[], false),
        (&["shop.example"], &["127.0.0.0/8"], false),
        (&[], &[], false),
    ] {
        let triggers = client_with(settings(names, networks));
        let fetched = triggers.send(get(web.url("/")), &plain_script()).await;
        let status = fetched.answer.expect("an answer").status;
        assert_eq!(
            (status, other.unread_requests()),
            if follows { (200, 1) } else { (302, 0) },
            "{names:?}"
        );
    }
}

#[tokio::test]
async fn a_redirect_to_another_origin_carries_no_script_headers_and_no_credentials() {
    let mut other = Web::start(|_| Reply::json("{}")).await;
    let (to, again) = (other.url("/"), other.url("/"));
    let web = Web::start(move |seen| match seen.path() {
        "/303" => Reply::redirect(303, &again),
        _ => Reply::redirect(307, &to),
    })
    .await;
    let triggers = client_with(settings(&["127.0.0.1"], &["127.0.0.0/8"]));
    for (path, line, body) in [("/307", "POST / HTTP/1.1", "a=1"), ("/303", "GET / HTTP/1.1", "")] {
        let mut request = post(web.url(path), "a=1", "x/y");
        request.headers = vec![header("x-api-key", CANARY), header("cookie", CANARY)];
        request.auth = Some(RequestAuth::Bearer(filled(CANARY)));
        request.signing_keys = vec![filled(CANARY)];
        assert!(triggers.send(request, &plain_script()).await.answer.is_ok());
        let seen = other.next().await;
        assert_eq!((seen.line(), seen.body.as_slice()), (line, body.as_bytes()));
        assert!(!seen.head.contains(CANARY) && seen.headers("dialscript-signature").is_empty());
    }
}
