"""The dialplans in the manual are loaded by another switch."""

import re
import xml.etree.ElementTree as xml
from contextlib import contextmanager

from lab.expect import expect
from lab.manual import all_blocks, blocks, inline_code
from lab.scenario import scenario

HEADER = re.compile(r"\[([\w-]+)\]")
STEP = re.compile(r"(?:exten|same)\s*=>.*?,\s*(\w+)\(")
# The application with its arguments, written in a step of an extension.
WRITTEN = re.compile(r"(?:exten\s*=>[^,]*,|same\s*=>)\s*[^,]*,\s*(?P<step>\w+\(.*\))")
# A comment begins with a semicolon. One without a space before it is a mistake: it cuts the step.
COMMENT = re.compile(r"\s;.*$")
# A line of `dialplan show`, such as `  'a' =>  1. AGI(agi://host/script)  [samples.conf:7]`.
SHOWN = re.compile(r"\d+\. (?P<step>.*?)\s*\[samples\.conf:(?P<line>\d+)\]")


# Applications of modules that the lab's FreeSWITCH is built without.
NOT_IN_THE_LAB = {"conference"}


@contextmanager
def switch_with(lab, dialplan):
    """Another switch of the same kind that has loaded this dialplan."""
    switch = lab.switch.another(lab.folder / "switch", dialplan)
    try:
        switch.start()
        yield switch
    finally:
        switch.stop()


class Extensions:
    """All blocks as one file. Contexts are renamed, since several blocks use the same ones."""

    def __init__(self, manual):
        self.lines, self.locations, self.contexts, self.applications = [], {}, [], {}
        for number, block in enumerate(manual):
            for index, line in enumerate(block.lines):
                self._add(number, line, block.location(index))

    def _add(self, number, line, location):
        header, step = HEADER.match(line), STEP.match(line.strip())
        if header:
            line = f"[manual-{number}-{header[1]}]"
            self.contexts.append(line[1:-1])
        self.lines.append(line)
        self.locations[len(self.lines)] = location
        if step:
            self.applications.setdefault(step[1], location)

    def steps(self):
        """The numbers of the lines that are steps of an extension."""
        return [number for number, line in enumerate(self.lines, 1) if line.strip().startswith(("exten", "same"))]

    def written(self, number):
        """The application and the arguments that a step must have."""
        line = COMMENT.sub("", self.lines[number - 1].strip())
        found = WRITTEN.match(line)
        return found["step"].replace("\\;", ";") if found else line

    def with_location(self, message):
        """A message of Asterisk, with the location in the manual."""
        number = re.search(r"line (\d+) of \S*samples\.conf", message)
        return f"{self.locations[int(number[1])]}: {message}" if number else message


@scenario("manual: Asterisk loads every dialplan block without a warning", only_on="asterisk")
def extensions(lab):
    manual = blocks("ini")
    expect("the manual has blocks", manual != [], True)
    read = Extensions(manual)
    with switch_with(lab, "\n".join(read.lines) + "\n") as switch:
        shown = "".join(switch.command(f"dialplan show {context}") for context in read.contexts)
        loaded = {int(step["line"]): step["step"] for step in SHOWN.finditer(shown)}
        warnings = [line for line in switch.log.splitlines() if re.search(r"(WARNING|ERROR)\S* pbx", line)]
        unknown = [
            f"{location}: {application}" for application, location in read.applications.items()
            if "(are) not registered" in switch.command(f"core show application {application}")
        ]
    expect("warnings", [read.with_location(line) for line in warnings], [])
    ignored = [read.locations[line] for line in read.steps() if line not in loaded]
    expect("lines that Asterisk did not load as steps", ignored, [])
    differing = [
        f"{read.locations[line]}: {loaded[line]}" for line in read.steps() if loaded[line] != read.written(line)
    ]
    expect("steps that Asterisk has read in another way, such as one that is cut at a semicolon", differing, [])
    expect("unknown applications", unknown, [])


@scenario("manual: every step of a dialplan is in a block that Asterisk loads", only_on="asterisk")
def no_other_blocks(_lab):
    steps = [
        block.location(index) for language, block in all_blocks() if language != "ini"
        for index, line in enumerate(block.lines) if STEP.match(line.strip())
    ]
    expect("steps in blocks of another language", steps, [])
    cut = [f"{location}: {code}" for location, code in inline_code() if "agi://" in code and ";" in code]
    expect("AGI URLs in a sentence that Asterisk would cut at a semicolon", cut, [])


def parsed(text, block):
    """Parses the XML of a context, whose text has one line before the block."""
    try:
        return xml.fromstring(text)
    except xml.ParseError as problem:
        line, _ = problem.position
        raise AssertionError(f"{block.location(line - 2)}: {problem}") from problem


def outline(context):
    """The content of a context: extensions, conditions, actions."""
    return [(element.tag, sorted(element.attrib.items())) for element in context.iter() if element is not context]


@scenario("manual: FreeSWITCH loads every dialplan block without a warning", only_on="freeswitch")
def contexts(lab):
    manual = blocks("xml")
    expect("the manual has blocks", manual != [], True)
    texts = ["\n".join([f'<context name="manual-{number}">', *block.lines, "</context>", ""])
             for number, block in enumerate(manual)]
    written = [parsed(text.replace("$${domain}", "127.0.0.1"), block) for text, block in zip(texts, manual)]
    with switch_with(lab, f"<include>\n{''.join(texts)}</include>") as switch:
        applications = {line.partition(",")[0] for line in switch.command("show application").splitlines()}
        for block, context in zip(manual, written):
            found = switch.command(f"xml_locate dialplan context name {context.get('name')}")
            expect(block.location(), outline(xml.fromstring(found)), outline(context))
            used = {action.get("application") for action in context.iter("action")}
            expect(f"{block.location()}: unknown applications", sorted(used - applications - NOT_IN_THE_LAB), [])
        warnings = [line for line in switch.log.splitlines() if re.search(r"\[(ERR|WARNING)\] switch_xml", line)]
    expect("warnings", warnings, [])
