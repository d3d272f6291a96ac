"""Assertions of scenarios."""


def expect(what, seen, wanted):
    """Fails unless the value is the expected one. `what` names the value in the message."""
    if seen != wanted:
        raise AssertionError(f"{what}: expected {wanted!r}, saw {seen!r}")


def expect_about(what, seen, wanted, within=0.3):
    """Fails unless a time in seconds is as expected; the default tolerance allows for a busy machine."""
    if abs(seen - wanted) > within:
        raise AssertionError(f"{what}: expected {wanted:.2f} s (give or take {within:g}), saw {seen:.2f} s")
