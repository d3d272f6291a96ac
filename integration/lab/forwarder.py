"""A TCP forwarder: an address that leads to one server after the other, like a virtual IP address in a failover."""

import socket
import threading

from .deadline import free_port


class Forwarder:
    """Forwards new connections to `target`, a port of 127.0.0.1. Connections that are open stay where they are."""

    def __init__(self, target):
        self.target = target
        self.port = free_port()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        """Closes the address and all connections."""
        for open_socket in [self._listener, *self._sockets]:
            try:
                open_socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It is closed already.
            open_socket.close()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target), 5)
                far.settimeout(None)
            except OSError:
                near.close()
                continue
            self._sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_copy, args=(source, sink), daemon=True).start()


def _copy(source, sink):
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # The other direction ends by itself.
