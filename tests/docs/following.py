"""Follows a document as its reader would: writes its files, types its commands and compares what they print with what the document shows."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tallybridge.sandbox import Sandbox, load_scenario
from tests.docs.documents import ROOT, Block, Command, blocks, commands, documents
from tests.docs.particulars import BEFORE, BEGIN_WITH_NOTHING, CODES, INSTEAD, NOT_TRIED, PREPARED, WHOLE_DOCUMENTS_NOT_TRIED
from tests.docs.terminal import Terminal, missing_from

WORLD = ROOT / "docs" / "examples" / "first-steps.json"
SHELLS = {"bash", "console", "powershell"}
IN_THE_CHECKOUT = frozenset({"README.md", "CONTRIBUTING.md", "docs/tutorial.md"})

SETTING_UP = frozenset(
    f"docs/how-to/{name}.md"
    for name in (
        "adopt-existing-lines",
        "bill-cloud-customers",
        "connect-security-center",
        "connect-tigerpaw",
        "state-a-count",
        "two-integrations",
        "worklist",
        "write-a-dialect",
    )
)
"""The how-tos of the first days. They, the other how-tos, and the other documents take about equally long; each third has its file of tests."""

needs_bash = pytest.mark.skipif(
    shutil.which("bash") is None, reason="NOT CHECKED: there is no bash on this machine, so nobody has typed the commands of the documents"
)


def shells(document: str) -> list[Block]:
    """The blocks of a document that show commands."""
    return [block for block in blocks(document) if block.language in SHELLS]


DOCUMENTS = [document for document in documents() if shells(document) and document not in WHOLE_DOCUMENTS_NOT_TRIED]
HOW_TOS = [document for document in DOCUMENTS if document.startswith("docs/how-to/")]


def follow(document: str, folder: Path) -> None:
    """Follows a document from its beginning to its end, in an empty folder or, where it speaks of it, in the checkout."""
    with ExitStack() as stack:
        reader = stack.enter_context(_reader(document, folder))
        for block in blocks(document):
            if block.title is not None:
                reader.write_file(block, block.title)
            elif block.language == "toml":
                reader.write(block.text)
            elif block.language in {"bash", "console"}:
                for command in commands(block):
                    reader.follow(command, stack)


class _Reader:
    """Somebody who follows one document."""

    def __init__(self, document: str, terminal: Terminal, sandbox: Sandbox | None) -> None:
        self._document = document
        self.terminal = terminal
        self._sandbox = sandbox
        self._typed: Counter[str] = Counter()

    def write(self, toml: str) -> None:
        """Fills in the settings of single tables, or adds repeated tables at the end, as the text beside the block says."""
        tomllib.loads(toml)
        file = self.terminal.folder / "tallybridge.toml"
        if not file.exists():
            return
        text = file.read_text(encoding="utf-8")
        toml = self._adapted(toml)
        text = f"{text}\n{toml}" if "[[" in toml else _filled_in(text, toml)
        file.write_text(text, encoding="utf-8")

    def write_file(self, block: Block, name: str) -> None:
        """Saves a file that the document shows whole, or adds to its end."""
        file = self.terminal.folder / name
        before = file.read_text(encoding="utf-8") if block.adds else ""
        file.write_text(f"{before}{self._adapted(block.text)}", encoding="utf-8")

    def follow(self, command: Command, stack: ExitStack) -> None:
        """Types a command and compares what it prints."""
        key = (self._document, command.line)
        if key in NOT_TRIED:
            return
        turn = self._typed[command.line]
        self._typed[command.line] += 1
        line = self._adapted(INSTEAD.get(command.line, command.line))
        if line.startswith("tallybridge sandbox "):
            self._start_sandbox(line, stack)
            return
        if (by_hand := BEFORE.get((*key, turn))) is not None:
            assert self._sandbox is not None
            by_hand(self._sandbox)
        shown = tuple(self._adapted(one) for one in command.output)
        ended = self.terminal.type_and_stop(line, shown=shown) if line.startswith("tallybridge serve ") else self.terminal.type(line)
        expected = dict(enumerate(CODES.get(key, ()))).get(turn, 0)
        assert ended.code == expected, f"{line} ended with {ended.code} instead of {expected}:\n{ended.output}"
        missing = missing_from(shown, ended.output)
        assert not missing, "\n".join(["the document shows lines that were not printed:", *missing, "printed was:", ended.output])

    def _start_sandbox(self, line: str, stack: ExitStack) -> None:
        """The document starts the sandbox by its command on fixed ports; the test takes free ones."""
        name = re.search(r"--scenario (\S+)", line)
        assert name is not None
        options = set(re.findall(r"--[a-z-]+", line))
        assert options <= {"--scenario", "--ksc-port", "--tigerpaw-port", "--write-config"}, options
        scenario = load_scenario(self.terminal.folder / name.group(1))
        self._sandbox = stack.enter_context(Sandbox(scenario))

    def _adapted(self, text: str) -> str:
        if self._sandbox is None:
            return text
        announced = self._sandbox.announcement
        text = text.replace("https://127.0.0.1:13299", announced["ksc_url"]).replace("http://127.0.0.1:8085", announced["tigerpaw_url"])
        text = text.replace('url = "https://tigerpaw.example"', f'url = "{announced["tigerpaw_url"]}"')
        return text.replace('fingerprint = "sha256:…"', f'fingerprint = "{announced["fingerprint"]}"')


@contextmanager
def _reader(document: str, folder: Path) -> Iterator[_Reader]:
    """A reader in the checkout has nothing else; others have a running PSA, and most of them a configuration that works."""
    home = folder / "home"
    home.mkdir()
    if document in IN_THE_CHECKOUT:
        yield _Reader(document, Terminal(ROOT, home, folder / "scratch"), None)
        return
    place = folder / "tallybridge"
    place.mkdir()
    with Sandbox(load_scenario(WORLD)) as sandbox:
        terminal = Terminal(place, home, folder / "scratch")
        terminal.variables |= {
            "TALLYBRIDGE_HOME": str(place / "data"),
            "TALLYBRIDGE_SOURCE_PASSWORD": "secret",
            "TALLYBRIDGE_DESTINATION_PRIVATE_KEY": "00000000-0000-4000-8000-00000000BBBB",
            "TALLYBRIDGE_DESTINATION_SOAP_PASSWORD": "secret",
        }
        reader = _Reader(document, terminal, sandbox)
        if document in BEGIN_WITH_NOTHING:
            yield reader
            return
        assert terminal.type("tallybridge init --time-zone Europe/Berlin").code == 0
        announced = sandbox.announcement
        reader.write(f'[source]\nurl = "{announced["ksc_url"]}"\n\n[destination]\nurl = "{announced["tigerpaw_url"]}"\n')
        reader.write('[[link]]\ntenant = "Contoso Dental"\naccount = 1053145\nagreement = 2041\n')
        for block in blocks("docs/tutorial.md"):
            if block.language == "toml":
                reader.write(block.text)
        for line in PREPARED.get(document, ()):
            ended = terminal.type(line)
            assert ended.code in {0, 2, 3}, ended.output
        yield reader


def _filled_in(text: str, toml: str) -> str:
    """The configuration file with each setting of the block given its value, where its table has a line for it."""
    table = ""
    for line in toml.splitlines():
        if line.startswith("["):
            table = line
        elif line:
            head, start, rest = text.partition(f"\n{table}\n")
            filled, count = re.subn(rf"^#?{line.split(' = ')[0]} = .*$", line.replace("\\", r"\\"), rest, count=1, flags=re.MULTILINE)
            assert start, f"the file has no table {table}"
            assert count == 1, f"{table} of the file has no line for {line}"
            text = head + start + filled
    return text
