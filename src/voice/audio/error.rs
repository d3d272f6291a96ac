//! Errors of the sound conversion.

/// Why a file can't be converted. The text quotes nothing from the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    #[error("not a supported sound file: use MP3, Ogg Vorbis, FLAC or WAV")]
    UnknownFormat,
    /// The container is supported, but the codec in it is not.
    #[error("its audio codec is not supported: use MP3, Vorbis, FLAC or PCM WAV")]
    UnsupportedCodec,
    /// An unsupported codec. It has its own error because it is common.
    #[error("Opus is not supported: use MP3, Ogg Vorbis, FLAC or WAV")]
    Opus,
    #[error("the file is damaged")]
    Damaged,
    #[error("the file contains no sound")]
    Empty,
    /// The unsupported rate, in Hz.
    #[error("its sample rate of {0} Hz is not supported: 4000 to 192000 Hz")]
    SampleRate(u32),
    #[error("its sample rate changes within the file: save it again with one rate")]
    SampleRateChanged,
    #[error("it has {0} channels; at most 8 are supported")]
    TooManyChannels(usize),
    #[error("it is longer than 15 minutes")]
    TooLong,
    #[error("it is larger than 256 MiB")]
    TooLarge,
}
