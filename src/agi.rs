//! Asterisk: FastAGI.
