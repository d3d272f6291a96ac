//! The server of sounds.

use std::future::Future;
use std::sync::Arc;

use ipnet::IpNet;
use tokio::net::TcpListener;

use super::SoundUrls;
use super::response::respond;
use crate::http_server::{self, HttpServerListener};

/// Serves the sounds of `urls` to peers in the networks of `allow`, until `stop`; then what is under way is broken off.
pub async fn serve(
    listener: TcpListener,
    urls: Arc<SoundUrls>,
    allow: Vec<IpNet>,
    stop: impl Future<Output = ()>,
) {
    let door = HttpServerListener { table: "[sound_server]", listener, allow };
    let answer = move |request| {
        let urls = urls.clone();
        async move { respond(&urls, &request).await }
    };
    http_server::serve(door, answer, stop).await;
}
