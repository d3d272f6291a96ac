//! The HTTP server of sounds.

use std::future::Future;
use std::sync::Arc;

use super::SoundUrls;
use super::response::respond;
use crate::http_server;
use crate::listener::NetworkListener;

/// Serves the sounds of `urls` until `stop` resolves, then closes the listener, and returns when the open connections
/// have ended.
pub async fn serve(
    listener: NetworkListener,
    urls: Arc<SoundUrls>,
    stop: impl Future<Output = ()> + Send,
) {
    let handle_request = move |request| {
        let urls = urls.clone();
        async move { respond(&urls, &request).await }
    };
    http_server::serve(listener, handle_request, stop).await;
}
