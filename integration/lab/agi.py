"""Plays a call by the AGI protocol alone, for scenarios in which only the timing of requests matters."""

import socket

ENVIRONMENT = """agi_network: yes
agi_network_script: {script}
agi_request: agi://127.0.0.1/{script}
agi_channel: SIP/lab-1
agi_language: en
agi_type: SIP
agi_uniqueid: 1.1
agi_version: 22
agi_callerid: 100
agi_calleridname: unknown
agi_context: lab
agi_extension: script
agi_priority: 1

"""


def play(port, script):
    """Hands a call to the daemon at this port, replies to each of its commands, and returns the variables that it has
    set."""
    variables = {}
    with socket.create_connection(("127.0.0.1", port), 10) as connection, connection.makefile("rwb") as stream:
        stream.write(ENVIRONMENT.format(script=script).encode())
        stream.flush()
        for line in stream:
            words = line.decode().strip().split(" ", 3)
            if words[:2] == ["SET", "VARIABLE"]:
                variables[words[2].strip('"')] = words[3].strip('"')
            status = line.startswith(b"CHANNEL STATUS")
            stream.write(b"200 result=6\n" if status else b"200 result=1\n")
            stream.flush()
    return variables
