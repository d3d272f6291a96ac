"""Records of channels: the dialplan steps that each has executed, and its variables."""

from dataclasses import dataclass, field


class SwitchFailed(Exception):
    """A switch that is installed does not start."""


@dataclass
class Step:
    """A step of the dialplan, with its time and the variables of the channel before it."""

    context: str
    extension: str
    priority: int
    application: str
    data: str
    variables: dict
    at: float  # time.time()

    def __str__(self):
        return f"{self.extension}@{self.context},{self.priority} {self.application}({self.data})"


@dataclass
class Channel:
    """The record of a channel."""

    unique_id: str = ""
    name: str = ""
    steps: list = field(default_factory=list)
    variables: dict = field(default_factory=dict)
    written: list = field(default_factory=list)  # (name, value) in the order of writing; only on Asterisk
    digits: str = ""  # received from the caller; only on FreeSWITCH
    cause: int | None = None  # Q.850 hangup cause; None while the channel exists

    def at(self, extension, context=None, application=None):
        """The first step at an extension, optionally only in this context or of this application; None without one."""
        for step in self.steps:
            if step.extension == extension and context in (None, step.context):
                if application in (None, step.application):
                    return step
        return None

    @property
    def path(self):
        """The steps as text."""
        return [str(step) for step in self.steps]
