//! Decodes bytes that arrive in pieces.

use bytes::BytesMut;
use tokio_util::codec::Decoder;

/// The messages, and the text of the error after them, if decoding failed.
pub type Decoded<M> = (Vec<M>, Option<String>);

pub fn decode<'a, D: Decoder>(
    mut codec: D,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> Decoded<D::Item>
where
    D::Error: ToString,
{
    let mut buffer = BytesMut::new();
    let mut decoded = (Vec::new(), None);
    for piece in pieces {
        buffer.extend_from_slice(piece);
        if drain(&mut decoded, || codec.decode(&mut buffer)) {
            return decoded;
        }
    }
    drain(&mut decoded, || codec.decode_eof(&mut buffer));
    decoded
}

/// Decodes all complete messages in the buffer. Returns true if decoding failed.
fn drain<M, E: ToString>(
    decoded: &mut Decoded<M>,
    mut next: impl FnMut() -> Result<Option<M>, E>,
) -> bool {
    loop {
        match next() {
            Ok(Some(message)) => decoded.0.push(message),
            Ok(None) => return false,
            Err(error) => {
                decoded.1 = Some(error.to_string());
                return true;
            }
        }
    }
}

/// Splits bytes into pieces. The length of each piece is one more than the next value of `lengths`, which is repeated.
pub fn pieces<'a>(mut bytes: &'a [u8], lengths: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    lengths.iter().cycle().map_while(move |&length| {
        let (piece, rest) = bytes.split_at(bytes.len().min(usize::from(length) + 1));
        bytes = rest;
        (!piece.is_empty()).then_some(piece)
    })
}
