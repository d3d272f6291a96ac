"""A FastAGI connection without a telephone: says yes to every command, as Asterisk does when nothing goes wrong."""

import socket
import time

ENVIRONMENT = {
    "network": "yes", "channel": "PJSIP/trunk-0000a1b2", "language": "en", "type": "PJSIP", "version": "22.10.1",
    "callerid": "4930123456", "calleridname": "Ann", "callingpres": "0", "context": "lab", "extension": "script",
    "priority": "1", "enhanced": "0.0", "dnid": "unknown", "rdnis": "unknown",
}


class AgiCaller:
    """One call. `hold` is called when a sound is to be played, before the reply."""

    def __init__(self, port, script, hold=lambda: None, timeout=60):
        self._port, self._script, self._hold, self._timeout = port, script, hold, timeout
        self.variables = {}
        self.slowest = 0.0  # seconds from a reply to the next command

    def run(self):
        """Runs the call to its end."""
        with socket.create_connection(("127.0.0.1", self._port), self._timeout) as connection:
            request = f"agi://127.0.0.1/{self._script}"
            names = {**ENVIRONMENT, "network_script": self._script, "request": request, "uniqueid": str(time.time())}
            lines = [f"agi_{name}: {value}\n" for name, value in names.items()]
            connection.sendall(("".join(lines) + "\n").encode())
            stream = connection.makefile("rb")
            while True:
                sent = time.monotonic()
                command = stream.readline().decode(errors="replace").strip()
                if not command:
                    return self
                self.slowest = max(self.slowest, time.monotonic() - sent)
                connection.sendall(self._reply(command).encode())

    def _reply(self, command):
        words = command.split(" ", 3)
        if command.startswith("SET VARIABLE"):
            self.variables[words[2].strip('"')] = words[3].strip('"')
        if command.startswith("CHANNEL STATUS"):
            return "200 result=6\n"
        if command.startswith("STREAM FILE"):
            self._hold()
            return "200 result=0 endpos=8000\n"
        return "200 result=0\n"
