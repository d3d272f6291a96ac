//! Proxies: tunnels for HTTPS, and proxies that refuse one or stay silent.

use std::net::SocketAddr;
use std::time::Duration;

use dialscript::script::request::{TriggerClient, TriggerError, TriggerResult};
use dialscript::trigger::TriggerSettings;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::support::own_process::run_test;
use crate::support::web::{Reply, Web, tls};
use crate::trigger::http::{client_with, code, with_total_timeout};
use crate::trigger::requests::{get, plain_script};

const AGAIN: &str = "DIALSCRIPT_TEST_TUNNELS";

/// A proxy that opens every tunnel. The test reads the heads of its CONNECT requests.
pub(in crate::trigger) async fn tunnel_proxy(
    tls: Option<TlsAcceptor>,
) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (heads, seen) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, heads) = (tls.clone(), heads.clone());
            tokio::spawn(async move {
                match tls {
                    Some(tls) => {
                        let Ok(stream) = tls.accept(stream).await else { return };
                        carry(stream, heads).await;
                    }
                    None => carry(stream, heads).await,
                }
            });
        }
    });
    (address, seen)
}

async fn carry(
    mut near: impl AsyncRead + AsyncWrite + Unpin,
    heads: mpsc::UnboundedSender<String>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(near.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let to = head.split(' ').nth(1).unwrap().to_owned();
    heads.send(head).unwrap();
    let mut far = TcpStream::connect(to).await.unwrap();
    near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
    let _ = copy_bidirectional(&mut near, &mut far).await;
}

async fn ask_through(proxy: &str, url: &str) -> TriggerResult {
    let proxy = Some(proxy.parse().expect("a URL"));
    let triggers = client_with(TriggerSettings { proxy, ..TriggerSettings::default() });
    triggers.send(get(url), &plain_script()).await
}

#[tokio::test]
async fn https_goes_through_a_tunnel_of_an_http_proxy_and_of_an_https_proxy() {
    if std::env::var_os(AGAIN).is_none() {
        let test = "https_goes_through_a_tunnel_of_an_http_proxy_and_of_an_https_proxy";
        let roots = [("SSL_CERT_FILE", tls::CA), ("SSL_CERT_DIR", "/nonexistent"), (AGAIN, "1")];
        return run_test(module_path!(), test, &roots);
    }
    let shop = tls::start();
    let url = format!("https://localhost:{}/orders", shop.port());
    for (scheme, tls) in [("http", None), ("https", Some(tls::localhost().into()))] {
        let (address, mut heads) = tunnel_proxy(tls).await;
        let proxy = format!("{scheme}://ivr:word@localhost:{}", address.port());
        assert_eq!(code(&ask_through(&proxy, &url).await), "200");
        let head = heads.recv().await.unwrap();
        let connect = format!("CONNECT localhost:{} HTTP/1.1\r\n", shop.port());
        assert!(head.starts_with(&connect), "{head}");
        assert!(head.contains("\r\nProxy-Authorization: Basic aXZyOndvcmQ=\r\n"), "{head}");
        assert!(!head.contains("/orders"), "{head}");
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_a_tunnel_is_named_with_its_status() {
    for status in [407, 502] {
        let page = "<html>no</html>";
        let mut proxy = Web::start(move |_| Reply::of(status, "text/html", page)).await;
        let proxy_url = format!("http://{}", proxy.address);
        let result = ask_through(&proxy_url, "https://shop.invalid/x").await;
        let expected = format!("no connection: the proxy answered with the HTTP status {status}");
        assert_eq!(result.answer.unwrap_err().to_string(), expected);
        assert_eq!(proxy.next().await.line(), "CONNECT shop.invalid:443 HTTP/1.1");
    }
}

#[tokio::test]
async fn a_tunnel_that_does_not_open_is_closed_when_the_request_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Some(format!("http://{}", listener.local_addr().unwrap()).parse().unwrap());
    let silent = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = String::new();
        stream.read_to_string(&mut head).await.map(|_| head)
    });
    let triggers = client_with(TriggerSettings { proxy, ..TriggerSettings::default() });
    let limit = Duration::from_millis(300);
    let request = with_total_timeout(limit, get("https://shop.invalid/x"));
    let result = triggers.send(request, &plain_script()).await;
    assert_eq!(result.answer.unwrap_err(), TriggerError::TimedOut(limit));
    let head = timeout(Duration::from_secs(5), silent).await.expect("the end of the connection");
    assert!(head.unwrap().unwrap().starts_with("CONNECT shop.invalid:443 HTTP/1.1\r\n"));
}
