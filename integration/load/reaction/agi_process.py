#!/usr/bin/env python3
"""The call as a program that Asterisk starts for each call: AGI(agi_process.py,FOLDER OF SOUNDS,URL)."""

import json
import re
import sys
from urllib.request import urlopen


def command(line):
    """Sends a command; returns its result."""
    print(line, flush=True)
    return re.match(r"200 result=(\S*)", sys.stdin.readline())[1]


def main():
    """Plays the call to its end."""
    while sys.stdin.readline().strip():
        pass  # The environment is not needed.
    sounds, url = sys.argv[1:]
    command("ANSWER")
    number = command(f'GET DATA "{sounds}/ask" 5000 4')
    with urlopen(f"{url}/order?number={number}", timeout=5) as answer:
        order = json.load(answer)
    if order["code"] == 200:
        command(f'SET VARIABLE ORDER_STATUS "{order["status"]}"')
        command(f'STREAM FILE "{sounds}/matched" ""')


if __name__ == "__main__":
    main()
