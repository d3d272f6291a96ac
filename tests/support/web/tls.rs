//! Fake web servers with TLS. [`start`] uses a certificate for `localhost`, signed by a CA that only the tests trust.
//! [`TlsWeb`] also requests client certificates.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion,
};

use super::{Reply, SeenRequest};
use crate::support::data;

/// The file with the certificate of the CA.
pub(crate) const CA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/web/tls/ca.pem");

/// Starts a server that replies to one request on each connection, with the JSON `{"code":"200"}`.
pub(crate) fn start() -> SocketAddr {
    let config = localhost();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = serve(stream, Arc::clone(&config));
        }
    });
    address
}

/// The configuration of a server with the certificate for `localhost`.
pub(crate) fn localhost() -> Arc<ServerConfig> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = CertificateDer::from(&include_bytes!("../../data/web/tls/localhost.der")[..]);
    let key = PrivatePkcs8KeyDer::from(&include_bytes!("../../data/web/tls/localhost.key.der")[..]);
    let config = ServerConfig::builder().with_no_client_auth();
    Arc::new(config.with_single_cert(vec![certificate], key.into()).expect("a certificate"))
}

fn serve(stream: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let mut request = [0; 4096];
    let _ = stream.read(&mut request)?;
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n";
    stream.write_all(head.as_bytes())?;
    stream.write_all(br#"{"code":"200"}"#)?;
    stream.conn.send_close_notify();
    stream.flush()
}

/// The path of a certificate or a key in `tests/data/web/tls/identity`.
pub(crate) fn file(name: &str) -> String {
    data::path(&format!("web/tls/identity/{name}")).into_os_string().into_string().unwrap()
}

fn certificates(name: &str) -> Vec<CertificateDer<'static>> {
    let all = CertificateDer::pem_file_iter(file(name)).expect(name);
    all.collect::<Result<_, _>>().expect(name)
}

/// Whether the server requires a client certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientAuth {
    /// A certificate signed by `authority.pem`, or none.
    Optional,
    /// A certificate signed by `authority.pem`.
    Required,
    /// A certificate signed by `stranger.pem`.
    RequiredFromStranger,
}

/// A request, and the number of certificates in the client's chain.
pub(crate) type TlsRequest = (SeenRequest, usize);

/// A server with the certificate `server.pem`, for `localhost` and 127.0.0.1. Each connection has its own thread.
pub(crate) struct TlsWeb {
    pub(crate) address: SocketAddr,
    seen: mpsc::Receiver<TlsRequest>,
}

impl TlsWeb {
    pub(crate) fn start(
        client_auth: ClientAuth,
        reply: impl Fn(&SeenRequest) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(server(client_auth), reply)
    }

    pub(crate) fn start_with(
        config: ServerConfig,
        reply: impl Fn(&SeenRequest) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sender, seen) = mpsc::channel();
        let reply: Arc<dyn Fn(&SeenRequest) -> Reply + Send + Sync> = Arc::new(reply);
        std::thread::spawn(move || {
            for (at, stream) in listener.incoming().flatten().enumerate() {
                let (config, reply, sender) = (config.clone(), reply.clone(), sender.clone());
                std::thread::spawn(move || {
                    serve_connection(stream, at + 1, config, &*reply, &sender)
                });
            }
        });
        Self { address, seen }
    }

    pub(crate) fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.address.port())
    }

    /// The next request. The server may still be sending the reply.
    pub(crate) fn next(&self) -> TlsRequest {
        self.seen.recv_timeout(Duration::from_secs(5)).expect("a request within 5 s")
    }

    /// The number of requests that the server has received and the test has not read.
    pub(crate) fn unread_requests(&self) -> usize {
        self.seen.try_iter().count()
    }
}

/// The rustls configuration of a server with the certificate `server.pem`.
pub(crate) fn server(client_auth: ClientAuth) -> ServerConfig {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let trusted = if client_auth == ClientAuth::RequiredFromStranger {
        "stranger.pem"
    } else {
        "authority.pem"
    };
    let mut roots = RootCertStore::empty();
    certificates(trusted).into_iter().for_each(|root| roots.add(root).expect(trusted));
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots));
    let verifier = match client_auth {
        ClientAuth::Optional => verifier.allow_unauthenticated(),
        ClientAuth::Required | ClientAuth::RequiredFromStranger => verifier,
    };
    let config =
        ServerConfig::builder().with_client_cert_verifier(verifier.build().expect("roots"));
    let key = PrivateKeyDer::from_pem_file(file("server.key")).expect("a key");
    config.with_single_cert(certificates("server.pem"), key).expect("a certificate")
}

/// The path of a certificate in `tests/data/web/tls/private`, whose `make.sh` says what they are.
pub(crate) fn private_file(name: &str) -> String {
    data::path(&format!("web/tls/private/{name}")).into_os_string().into_string().unwrap()
}

/// The rustls configuration of a server with one of these certificates, as it is.
pub(crate) fn private_server(
    certificate: &str,
    version: &'static SupportedProtocolVersion,
) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::from_pem_file(private_file("server.key")).expect("a key");
    let key = provider.key_provider.load_private_key(key).expect("a key");
    let file = CertificateDer::from_pem_file(private_file(certificate)).expect(certificate);
    let config = ServerConfig::builder_with_provider(provider);
    let config = config.with_protocol_versions(&[version]).expect("a version");
    // `with_single_cert` accepts no certificate of X.509 version 1.
    let certified = SingleCertAndKey::from(CertifiedKey::new(vec![file], key));
    config.with_no_client_auth().with_cert_resolver(Arc::new(certified))
}

fn serve_connection(
    stream: TcpStream,
    at: usize,
    config: Arc<ServerConfig>,
    reply: &dyn Fn(&SeenRequest) -> Reply,
    sender: &mpsc::Sender<TlsRequest>,
) {
    let connection = ServerConnection::new(config).expect("a connection");
    let mut stream = StreamOwned::new(connection, stream);
    while let Ok(Some(seen)) = request(&mut stream, at) {
        let certificates = stream.conn.peer_certificates().map_or(0, <[_]>::len);
        let Reply::Bytes(bytes) = reply(&seen) else {
            panic!("only complete replies are supported with TLS")
        };
        let _ = sender.send((seen, certificates));
        if stream.write_all(&bytes).and_then(|()| stream.flush()).is_err() {
            return;
        }
    }
    // Reads until the client closes: unread data would reset the connection, and the client would not get the alert.
    let _ = stream.sock.shutdown(Shutdown::Write);
    let _ = std::io::copy(&mut stream.sock, &mut std::io::sink());
}

fn request(
    stream: &mut StreamOwned<ServerConnection, TcpStream>,
    connection: usize,
) -> std::io::Result<Option<SeenRequest>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).map_err(std::io::Error::other)?;
    let mut seen = SeenRequest { head, body: Vec::new(), connection };
    let length = seen.headers("content-length").first().map_or(0, |n| n.parse().expect("a length"));
    seen.body.resize(length, 0);
    stream.read_exact(&mut seen.body)?;
    Ok(Some(seen))
}
