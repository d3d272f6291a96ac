"""A call of a scenario: the caller's telephone, and expectations on the channel of the switch."""

from .caller import SipCall
from .deadline import wait_until
from .expect import expect


class LabCall(SipCall):
    """A call with the record of its channel."""

    def __init__(self, switch, daemon, script, *arguments, **caller):
        self._switch = switch
        self._daemon = daemon
        self._script = script.partition("?")[0].partition(",")[0]
        super().__init__(*arguments, **caller)

    @property
    def channel(self):
        """The record of this call's channel."""
        return self._switch.channels.channel(self.id)

    @property
    def channel_name(self):
        """The name of the channel, for example PJSIP/caller-00000001."""
        try:
            return self.channel.name
        except AssertionError:
            return "(no channel)"

    def wait_until_over(self, within=10.0):
        """Waits until the channel has ended, so that no dialplan step can follow."""
        wait_until(lambda: self.channel.cause is not None, within, "the switch to end the channel")
        return self

    def wait_for_step(self, extension, context=None, within=10.0):
        """Waits until the dialplan executes a step at this destination, and returns the step."""
        destination = f"{extension}@{context}" if context else extension
        return wait_until(lambda: self.channel.at(extension, context), within, f"the dialplan to reach {destination}")

    def variables(self):
        """The variables of the channel at the first dialplan step after the last script."""
        steps = self.channel.steps
        scripts = [index for index, step in enumerate(steps) if step.application == self._switch.handover_application]
        after = steps[scripts[-1] + 1:] if scripts else []
        return after[0].variables if after else self.channel.variables

    def expect_variables(self, outcome, code="", input="", http_status="", cache="off", script=None):
        """Checks all variables that every script sets, and that the outcome was written last.

        FreeSWITCH sets no variables on a channel that has hung up. There the outcome is checked in the daemon's log.
        """
        self.wait_until_over()
        if outcome == "hangup" and self._switch.kind == "freeswitch":
            return self._expect_log_line(outcome, input)
        wanted = {
            "DIALSCRIPT_OUTCOME": outcome, "DIALSCRIPT_CODE": self._switch.variable_text(code),
            "DIALSCRIPT_INPUT": input, "DIALSCRIPT_HTTP_STATUS": http_status, "DIALSCRIPT_CACHE": cache,
            "DIALSCRIPT_SCRIPT": script or self._script,
        }
        seen = self.variables()
        differ = [
            f"{name}: expected {value!r}, saw {seen.get(name)!r}"
            for name, value in wanted.items() if seen.get(name) != value
        ]
        expect("variables in the dialplan", differ, [])
        if self._switch.kind == "asterisk":  # FreeSWITCH sets all of them at once
            order = [name for name, _ in self.channel.written if name in wanted]
            expect("the last variable written", order[-1], "DIALSCRIPT_OUTCOME")

    def _expect_log_line(self, outcome, input):
        def line():
            return next((line for line in self._daemon.calls if line["call_id"] == self.channel.unique_id), None)

        logged = wait_until(line, 5, "the call's line in the daemon's log")
        expect("outcome and digits", (logged["outcome"], logged["digits"]), (outcome, len(input)))

    def expect_step(self, extension, context, priority=1):
        """Checks that the dialplan executed a step at this destination."""
        self.wait_until_over()
        step = self.channel.at(extension, context)
        expect(f"a step at {extension}@{context}", step and step.priority, priority)

    def seconds_to(self, extension, context, since=None):
        """Seconds until the dialplan's step at a destination, counted from the step that handed the call to the daemon,
        or from `since` (of time.time())."""
        arrival = self.wait_for_step(extension, context)
        handover = next(step for step in self.channel.steps if step.application == self._switch.handover_application)
        return arrival.at - (since or handover.at)

    def reach_destination(self, since=None):
        """Waits until the call has reached 9200@lab-destinations and its music is heard, then hangs up. Returns
        `seconds_to` this destination."""
        seconds = self.seconds_to("9200", "lab-destinations", since)
        self.hear("music")
        self.hang_up()
        self.wait_until_over()
        return seconds

    def expect_rejected(self):
        """Checks that the daemon rejected the call: the dialplan continued and no script ran."""
        self.wait_until_over()
        if self._switch.kind == "asterisk":
            expect("AGISTATUS", self.variables().get("AGISTATUS"), "FAILURE")
        expect("DIALSCRIPT_OUTCOME", self.variables().get("DIALSCRIPT_OUTCOME"), "")
        expect("the next step", self.next_step(), ": ")

    def next_step(self):
        """What the lab's dialplan logged after the script: `OUTCOME: CODE`; None if it did not get there."""
        self.wait_until_over()
        steps = (step for step in self.channel.steps if step.context == "lab")
        text = next((step.data for step in steps if step.application == self._switch.log_application), None)
        return text and text.removeprefix("INFO ")

    def wait_until_received(self, digits):
        """Waits until the switch has received the last digits. FreeSWITCH reports a digit only after its full duration;
        Asterisk discards digits that it has not read yet when the caller hangs up."""
        what = f"the switch to receive the digits {digits}"
        wait_until(lambda: self._switch.received_digits(self.channel).endswith(digits), 3, what, every=0.05)

    def evidence(self):
        """A description of the call for a failed scenario."""
        ending = f"by {self.hung_up_by}, cause {self.cause}, at {self.ended_at:.2f}" if self.ended_at else "not ended"
        lines = [f"call {self.id}: status {self.status}, {ending}", f"heard: {self.heard_line()}"]
        try:
            channel = self.channel
        except AssertionError as error:
            return [*lines, str(error)]
        own = {name: value for name, value in channel.variables.items() if name.startswith(("DIALSCRIPT_", "AGI"))}
        return [*lines, f"dialplan: {' · '.join(channel.path)}", f"variables: {own}"]
