"""What a switch tells of its channels: where each went in the dialplan, and what its variables held by then."""

from dataclasses import dataclass, field


class SwitchFailed(Exception):
    """A switch that can be had does not run."""


@dataclass
class Step:
    """One step of the dialplan: where, what, when by the machine's clock, and the variables that had been set on the
    channel by then."""

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
    """What is known of one channel."""

    unique_id: str = ""
    name: str = ""
    steps: list = field(default_factory=list)
    variables: dict = field(default_factory=dict)
    written: list = field(default_factory=list)  # (name, value), in the order of writing, where the switch tells it
    keys: str = ""  # that the switch has taken from the caller, where it tells of them
    cause: int | None = None  # Q.850, when it has hung up

    def at(self, extension, context=None, application=None):
        """The first step at an extension (of a context, of an application), or None."""
        for step in self.steps:
            if step.extension == extension and context in (None, step.context):
                if application in (None, step.application):
                    return step
        return None

    @property
    def path(self):
        """The steps as lines of text."""
        return [str(step) for step in self.steps]
