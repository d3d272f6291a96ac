"""The call as a server for the outbound event socket of FreeSWITCH, with a thread for each call: `outbound_server.py
FOLDER URL`. Prints its port."""

import json
import socketserver
import sys
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
        headers = f"call-command: execute\nexecute-app-name: {application}\nexecute-app-arg: {data}"
        self._send(f"sendmsg\n{headers}")
        while self._wait_for("Event-Name", "CHANNEL_EXECUTE_COMPLETE").get("Application") != application:
            pass

    def _wait_for(self, name, *values):
        while True:
            message = self._headers(self.rfile)
            message |= self._headers(iter(self.rfile.read(int(message.get("Content-Length", 0))).splitlines(True)))
            if message.get(name) in values:
                return message

    @staticmethod
    def _headers(lines):
        headers = {}
        for line in lines:
            name, separator, value = line.decode().strip().partition(": ")
            if not separator:
                break
            headers[name] = value
        if not headers and hasattr(lines, "readline"):
            raise EOFError("FreeSWITCH has closed the connection")
        return headers


class Server(socketserver.ThreadingTCPServer):
    """Accepts the calls."""

    daemon_threads = True
    request_queue_size = 64


if __name__ == "__main__":
    with Server(("127.0.0.1", 0), Call) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
