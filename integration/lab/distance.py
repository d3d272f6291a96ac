"""Puts a server at a distance: a relay that delays all bytes, and the end of each connection, in both directions."""

import asyncio
import threading


class Distance:
    """Relays to local servers, in one thread. `delay` is the time in one direction, in seconds."""

    def __init__(self, delay):
        self._delay = delay
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def relay_to(self, port):
        """Opens a relay to this port of 127.0.0.1; returns its own port."""
        opened = asyncio.run_coroutine_threadsafe(self._listen(port), self._loop)
        return opened.result(10)

    def close(self):
        """Ends all relays."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _listen(self, port):
        async def accepted(reader, writer):
            try:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                writer.transport.abort()
                return
            await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))

        server = await asyncio.start_server(accepted, "127.0.0.1", 0)
        return server.sockets[0].getsockname()[1]

    async def _carry(self, reader, writer):
        later = self._loop.call_later
        try:
            while chunk := await reader.read(65536):
                later(self._delay, _write, writer, chunk)
            later(self._delay, writer.close)
        except OSError:
            later(self._delay, writer.transport.abort)


def _write(writer, chunk):
    if not writer.transport.is_closing():
        writer.write(chunk)
