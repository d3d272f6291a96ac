//! The stand-in with TLS, for `localhost`, by a CA that only its own tests trust; and one that asks who we are.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::{Reply, Seen};
use crate::support::data;

/// The certificate of the CA, as a file.
pub(crate) const CA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/web/tls/ca.pem");

/// Answers one request on each connection, with a JSON `{"code":"200"}`.
pub(crate) fn start() -> SocketAddr {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = CertificateDer::from(&include_bytes!("../../data/web/tls/localhost.der")[..]);
    let key = PrivatePkcs8KeyDer::from(&include_bytes!("../../data/web/tls/localhost.key.der")[..]);
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![certificate], key.into()).expect("a certificate");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = serve(stream, Arc::clone(&config));
        }
    });
    address
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

/// A certificate or a key of `tests/data/web/tls/identity`.
pub(crate) fn file(name: &str) -> String {
    data::path(&format!("web/tls/identity/{name}")).into_os_string().into_string().unwrap()
}

fn certificates(name: &str) -> Vec<CertificateDer<'static>> {
    let all = CertificateDer::pem_file_iter(file(name)).expect(name);
    all.collect::<Result<_, _>>().expect(name)
}

/// Whether the server wants to know who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wants {
    /// A certificate of `authority.pem`, or none.
    Asks,
    /// A certificate of `authority.pem`.
    Demands,
    /// A certificate of `stranger.pem`.
    DemandsStrange,
}

/// What came by TLS: a request, and how many certificates were shown on its connection.
pub(crate) type Shown = (Seen, usize);

/// A server of `server.pem`: for `localhost` and 127.0.0.1, each connection a thread.
pub(crate) struct TlsWeb {
    pub(crate) address: SocketAddr,
    seen: mpsc::Receiver<Shown>,
}

impl TlsWeb {
    pub(crate) fn start(
        wants: Wants,
        reply: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let config = Arc::new(server(wants));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sender, seen) = mpsc::channel();
        let reply: Arc<dyn Fn(&Seen) -> Reply + Send + Sync> = Arc::new(reply);
        std::thread::spawn(move || {
            for (at, stream) in listener.incoming().flatten().enumerate() {
                let (config, reply, sender) = (config.clone(), reply.clone(), sender.clone());
                std::thread::spawn(move || converse(stream, at + 1, config, &*reply, &sender));
            }
        });
        Self { address, seen }
    }

    pub(crate) fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.address.port())
    }

    /// The next request, which has been answered.
    pub(crate) fn next(&self) -> Shown {
        self.seen.recv_timeout(Duration::from_secs(5)).expect("a request within 5 s")
    }

    /// How many requests have come that the test did not wait for.
    pub(crate) fn unseen(&self) -> usize {
        self.seen.try_iter().count()
    }
}

/// The server of `server.pem`, as rustls has it.
pub(crate) fn server(wants: Wants) -> ServerConfig {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let trusted = if wants == Wants::DemandsStrange { "stranger.pem" } else { "authority.pem" };
    let mut roots = RootCertStore::empty();
    certificates(trusted).into_iter().for_each(|root| roots.add(root).expect(trusted));
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots));
    let verifier = match wants {
        Wants::Asks => verifier.allow_unauthenticated(),
        Wants::Demands | Wants::DemandsStrange => verifier,
    };
    let config =
        ServerConfig::builder().with_client_cert_verifier(verifier.build().expect("roots"));
    let key = PrivateKeyDer::from_pem_file(file("server.key")).expect("a key");
    config.with_single_cert(certificates("server.pem"), key).expect("a certificate")
}

fn converse(
    stream: TcpStream,
    at: usize,
    config: Arc<ServerConfig>,
    reply: &dyn Fn(&Seen) -> Reply,
    sender: &mpsc::Sender<Shown>,
) {
    let connection = ServerConnection::new(config).expect("a connection");
    let mut stream = StreamOwned::new(connection, stream);
    while let Ok(Some(seen)) = request(&mut stream, at) {
        let shown = stream.conn.peer_certificates().map_or(0, <[_]>::len);
        let Reply::Bytes(bytes) = reply(&seen) else { panic!("only complete replies go by TLS") };
        let _ = sender.send((seen, shown));
        if stream.write_all(&bytes).and_then(|()| stream.flush()).is_err() {
            return;
        }
    }
    // What the other side still sends would reset the connection, and take the alert with it.
    let _ = stream.sock.shutdown(Shutdown::Write);
    let _ = std::io::copy(&mut stream.sock, &mut std::io::sink());
}

fn request(
    stream: &mut StreamOwned<ServerConnection, TcpStream>,
    connection: usize,
) -> std::io::Result<Option<Seen>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).map_err(std::io::Error::other)?;
    let mut seen = Seen { head, body: Vec::new(), connection };
    let length = seen.headers("content-length").first().map_or(0, |n| n.parse().expect("a length"));
    seen.body.resize(length, 0);
    stream.read_exact(&mut seen.body)?;
    Ok(Some(seen))
}
