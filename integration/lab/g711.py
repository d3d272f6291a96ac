"""G.711 u-law, the codec of the lab's calls."""


def to_linear(byte):
    """Decodes a byte of G.711 u-law to a sample (ITU-T G.711, table 2a)."""
    byte = ~byte & 0xFF
    magnitude = (((byte & 15) << 3) + 0x84 << (byte >> 4 & 7)) - 0x84
    return -magnitude if byte & 0x80 else magnitude


def to_ulaw(samples):
    """Encodes 16-bit samples exactly as Asterisk does, which uses their upper 14 bits (ulaw.h, AST_LIN2MU)."""
    return bytes(_to_ulaw(sample) for sample in samples)


def _to_ulaw(sample):
    sample = sample & ~3 | 2
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 0x84
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> exponent + 3 & 15) & 0xFF
