"""The call as a server for the outbound event socket of FreeSWITCH, with a thread for each call: `outbound_server.py
FOLDER URL`. Prints its port."""

import json
import socketserver
import sys
from itertools import takewhile
from urllib.request import urlopen


class Call(socketserver.StreamRequestHandler):
    """One call."""

    def handle(self):
        self._send("connect")
        self._send("myevents")
        self._execute("answer")
        sounds, url = sys.argv[1:]
        self._execute("play_and_get_digits", rf"4 4 1 5000 # {sounds}/ask.wav {sounds}/sorry.wav number \d+ 2000")
        number = self._send("getvar number").get("Reply-Text")
        with urlopen(f"{url}/order?number={number}", timeout=5) as answer:
            order = json.load(answer)
        if order["code"] == 200:
            self._execute("set", f"order_status={order['status']}")
            self._execute("playback", f"{sounds}/matched.wav")
        self._send("exit")

    def _send(self, command):
        """Sends a command; returns the reply."""
        self.wfile.write(f"{command}\n\n".encode())
        return self._wait_for("Content-Type", "command/reply", "api/response")

    def _execute(self, application, data=""):
        """Executes an application and waits for its end."""
        lines = ["sendmsg", "call-command: execute", f"execute-app-name: {application}", f"execute-app-arg: {data}"]
        self._send("\n".join(lines))
        while self._wait_for("Event-Name", "CHANNEL_EXECUTE_COMPLETE").get("Application") != application:
            pass

    def _wait_for(self, name, *values):
        """Waits for a message in which a header, or one in its body, has one of these values."""
        while message := headers(self.rfile):
            body = self.rfile.read(int(message.get("Content-Length", 0)))
            message |= headers(body.splitlines(keepends=True))
            if message.get(name) in values:
                return message
        raise EOFError("FreeSWITCH has closed the connection")


def headers(lines):
    """The headers before the first empty line."""
    pairs = (line.decode().strip().partition(": ") for line in takewhile(bytes.strip, lines))
    return {name: value for name, _, value in pairs}


class Server(socketserver.ThreadingTCPServer):
    """Accepts the calls."""

    daemon_threads = True
    request_queue_size = 64


if __name__ == "__main__":
    with Server(("127.0.0.1", 0), Call) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
