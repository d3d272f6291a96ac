//! The HTTP server from which a switch on another host fetches sounds. [`SoundUrls`] signs their URLs.

mod response;
mod serve;

pub use super::sound_urls::SoundUrls;
pub use serve::serve;
