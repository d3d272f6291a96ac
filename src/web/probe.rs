//! Opens a connection and closes it again, to find out whether a server can be reached, and whether its certificate is
//! trusted. No request is sent.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, Error as TlsError, ProtocolVersion};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::error_chain::root_cause;
use super::tls::{CertificateFacts, certificate_error, handshake_on_port};

/// How long to wait for the server to reject our client certificate. With TLS 1.3 it says so after the handshake.
const REJECTION_TIME: Duration = Duration::from_millis(300);

pub(crate) enum ProbeAddress {
    Tcp {
        /// A host name, or an IP address without brackets.
        host: String,
        port: u16,
        tls: Option<Arc<ClientConfig>>,
    },
    Unix(PathBuf),
}

/// A connection was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ProbeReport {
    /// The version of TLS, such as "TLS 1.3".
    pub(crate) tls_version: Option<&'static str>,
    /// What the certificate of the server says.
    pub(crate) certificate: Option<CertificateFacts>,
}

/// Why no connection was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProbeError {
    pub(crate) reason: String,
    /// What the certificate says that was rejected.
    pub(crate) certificate: Option<Box<CertificateFacts>>,
    pub(crate) help: Option<String>,
}

pub(crate) async fn probe(
    address: &ProbeAddress,
    time_limit: Duration,
) -> Result<ProbeReport, ProbeError> {
    let probed = timeout(time_limit, probe_without_timeout(address)).await;
    probed.unwrap_or_else(|_| Err(plain_failure(format!("timed out after {time_limit:?}"))))
}

async fn probe_without_timeout(address: &ProbeAddress) -> Result<ProbeReport, ProbeError> {
    let (host, port, stream, tls) = match address {
        ProbeAddress::Unix(path) => {
            UnixStream::connect(path).await.map_err(|error| failure(&error))?;
            return Ok(ProbeReport::default());
        }
        ProbeAddress::Tcp { host, port, tls } => {
            let stream = TcpStream::connect((host.as_str(), *port)).await;
            (host, *port, stream.map_err(|error| failure(&error))?, tls)
        }
    };
    let Some(tls) = tls else { return Ok(ProbeReport::default()) };
    let name = ServerName::try_from(host.clone());
    let name =
        name.map_err(|_| plain_failure("this host cannot be in a certificate".to_owned()))?;
    let connector = TlsConnector::from(Arc::clone(tls));
    let handshake = handshake_on_port(port, connector.connect(name, stream));
    let mut stream = handshake.await.map_err(|error| failure(&error))?;
    let mut byte = [0];
    if let Ok(Err(error)) = timeout(REJECTION_TIME, stream.read(&mut byte)).await
        && tls_error(&error).is_some()
    {
        return Err(failure(&error));
    }
    let (_, session) = stream.get_ref();
    let certificate = session.peer_certificates().and_then(|chain| chain.first());
    Ok(ProbeReport {
        tls_version: session.protocol_version().map(version_name),
        certificate: certificate.and_then(|certificate| CertificateFacts::read(certificate)),
    })
}

fn version_name(version: ProtocolVersion) -> &'static str {
    match version {
        ProtocolVersion::TLSv1_3 => "TLS 1.3",
        _ => "TLS 1.2",
    }
}

fn plain_failure(reason: String) -> ProbeError {
    ProbeError { reason, certificate: None, help: None }
}

fn failure(error: &std::io::Error) -> ProbeError {
    let rejected = tls_error(error).and_then(certificate_error);
    ProbeError {
        reason: root_cause(error),
        certificate: rejected.and_then(|rejected| rejected.facts.clone()).map(Box::new),
        help: rejected.map(|rejected| rejected.remedy.clone()),
    }
}

fn tls_error(error: &std::io::Error) -> Option<&TlsError> {
    error.get_ref()?.downcast_ref()
}
