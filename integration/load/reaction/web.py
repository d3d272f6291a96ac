"""The web application that all ways ask, in a process of its own: prints its port, then replies at once."""

import asyncio

BODY = b'{"code": 200, "status": "shipped"}'
REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


class Requests(asyncio.Protocol):
    """A connection with requests that have no body."""

    def __init__(self):
        self._transport = None
        self._pending = b""

    def connection_made(self, transport):
        self._transport = transport

    def data_received(self, data):
        *requests, self._pending = (self._pending + data).split(b"\r\n\r\n")
        self._transport.write(REPLY * len(requests))


async def main():
    """Serves until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Requests, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
