"""The lab: a real switch, a caller, a web application and the daemon, all on 127.0.0.1.

Switches: `debian` unpacks an Asterisk, `asterisk` runs it, and `manager` records its channels. `freeswitch` runs an
installed FreeSWITCH, and `eventsocket` records its channels. `channel` has the records that both make.

Everything around the switch: `daemon` runs dialscript, `redis` a Redis. `web` is a web application, `misbehaving` has
its bad answers. `caller` and `callee` are SIP telephones, `media` sends and records their RTP. `tones` makes sounds,
`detection` recognizes them in recordings, and `speech` has programs for text-to-speech and speech recognition.

Scenarios: `lab` creates everything that a scenario needs, `call` is a call with its expectations, `expect` has plain
assertions. `scenario` registers, runs and reports scenarios. `cargo` has the checks that need no switch.

Only Python's standard library is imported.
"""
