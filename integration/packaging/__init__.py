"""Builds the packages of dialscript, and tests them in a booted Debian."""
