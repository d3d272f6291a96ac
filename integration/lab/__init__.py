"""The lab: a real switch, a caller, a web application and the daemon, all on 127.0.0.1.

`debian` unpacks an Asterisk, `asterisk` runs it, `manager` reads what it does; `freeswitch` runs a FreeSWITCH that is
there, `eventsocket` reads what it does; `book` is what both tell of a call. `daemon` runs dialscript; `web` is the
web application; `caller` is a telephone and `media` its sound; `tones` makes sounds and `ear` recognises them;
`bench` puts one of each together for a scenario, and `scenario` names, runs and judges scenarios. `cargo` has the
checks that need no switch. Nothing but Python's standard library is imported.
"""
