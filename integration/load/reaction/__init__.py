"""The parts of `integration/load/switch`: the same call, written in several ways, on real switches."""
