"""Callers who get the most expensive answers, in a process of their own: `python3 -m lab.answer_load CALLERS SECONDS`.

Prints the port of its web application. Then reads the port of the daemon from standard input, and lets the callers call
the script `worst` again and again. At the end it prints the number of calls and of those with the outcome `matched`.
"""

import socket
import sys
import threading
import time

from .agi_caller import AgiCaller

LONGEST = 256 * 1024
# A little below the largest number of values in an answer.
VALUES = 7900


def worst_answers():
    """Answers that are accepted and cost the most to read or to keep, each with its content type."""
    numbers = ",".join(["1.234567890123456789"] * VALUES)
    elements = "<abc>some text here</abc>" * VALUES
    attributes = "".join(f" abcdefgh{number}='{number}'" for number in range(VALUES))
    entities = "&#9;" * (LONGEST // 4 - 100)
    keys = ",".join(f'"k{number}\\u0041":{number}' for number in range(VALUES))
    filler = "x" * (LONGEST - 2 * VALUES - 100)
    zeros = ",0" * (VALUES - 1)
    return [
        ("application/json", f'{{"code":200,"list":[{numbers}]}}'),
        ("application/json", f'{{"code":200,{keys}}}'),
        ("application/json", f'{{"code":200,"list":["{filler}"{zeros}]}}'),
        ("text/xml", f"<data><code>200</code>{elements}</data>"),
        ("text/xml", f"<data{attributes}><code>200</code></data>"),
        ("text/xml", f"<data><code>200</code><text>{entities}</text></data>"),
    ]


class WorstWeb:
    """A web application that gives these answers in turn."""

    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._socket.getsockname()[1]
        self._answers = [self._encode(*answer) for answer in worst_answers()]
        self._next = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @staticmethod
    def _encode(content_type, body):
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        return (head + body).encode()

    def _accept(self):
        while True:
            connection, _ = self._socket.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection, connection.makefile("rb") as stream:
                for line in stream:
                    if line == b"\r\n":
                        self._next += 1
                        connection.sendall(self._answers[self._next % len(self._answers)])
        except OSError:
            pass  # The daemon has closed the connection.


def main(callers, seconds):
    """Plays the calls."""
    print(WorstWeb().port, flush=True)
    port = int(sys.stdin.readline())
    end = time.monotonic() + seconds
    outcomes = []

    def call_again_and_again():
        while time.monotonic() < end:
            outcomes.append(AgiCaller(port, "worst").run().variables.get("DIALSCRIPT_OUTCOME"))

    threads = [threading.Thread(target=call_again_and_again) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(outcomes), outcomes.count("matched"), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
