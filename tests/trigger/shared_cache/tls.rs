//! A cache server with TLS (`rediss`).

use std::net::SocketAddr;
use std::sync::Arc;

use dialscript::trigger::shared_cache::{SharedCache, SharedCacheSettings};
use rustls::version::TLS13;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::{SECRET, body, entry, key};
use crate::support::config_folder::ConfigFolder;
use crate::support::fake_redis::FakeRedis;
use crate::support::log::record;
use crate::support::web::tls::{private_file, private_server};

/// TLS in front of a server, with one of the certificates for private networks.
async fn with_tls(server: SocketAddr, certificate: &str) -> SocketAddr {
    let acceptor = TlsAcceptor::from(Arc::new(private_server(certificate, &TLS13)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut near = acceptor.accept(near).await?;
                copy_bidirectional(&mut near, &mut TcpStream::connect(server).await?).await
            });
        }
    });
    address
}

/// A cache that trusts one certificate.
fn cache_that_trusts(address: SocketAddr, trusted: &str) -> SharedCache {
    let folder = ConfigFolder::new();
    let ca = private_file(trusted);
    folder.daemon_file(format!("[upstream.localhost]\nca = '{ca}'\n"));
    let identities = folder.config().daemon.trigger.tls_identities;
    let address = format!("rediss://localhost:{}/0", address.port()).parse().unwrap();
    let settings = SharedCacheSettings { address, secret: SECRET.into() };
    SharedCache::with_tls(&settings, &identities[0].1).unwrap()
}

#[tokio::test]
async fn the_certificate_in_ca_is_trusted() {
    let fake = FakeRedis::start().await;
    let address = with_tls(fake.address, "self-signed.pem").await;
    let cache = cache_that_trusts(address, "self-signed.pem");
    cache.put(&key(1), &entry("kept")).await;
    assert_eq!(body(cache.get(&key(1)).await).as_deref(), Some("kept"));
}

#[tokio::test]
async fn the_log_says_what_the_certificate_lacks() {
    let (log, _guard) = record("dialscript=trace");
    let fake = FakeRedis::start().await;
    let address = with_tls(fake.address, "no-names.pem").await;
    let cache = cache_that_trusts(address, "office.pem");
    cache.put(&key(1), &entry("lost")).await;
    assert!(!cache.is_up());
    assert_eq!(fake.state.lock().unwrap().commands.len(), 0);
    let log = log.text();
    assert!(log.contains("error=its certificate has no subjectAltName"), "{log}");
}
