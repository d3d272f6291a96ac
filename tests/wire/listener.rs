//! Socket options of an accepted connection.

use std::time::Duration;

use dialscript::listener;
use socket2::SockRef;
use tokio::net::TcpStream;

#[tokio::test]
async fn connections_have_tcp_nodelay_and_keepalive() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(listener) = listener::bind(address.parse().unwrap()) else { continue };
        let switch = TcpStream::connect(listener.local_addr().unwrap());
        let (accepted, _switch) = tokio::join!(listener.accept(), switch);
        let (stream, _) = accepted.unwrap();
        assert!(stream.nodelay().unwrap());
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(30));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(30));
    }
}
