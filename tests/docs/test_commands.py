"""Every command that a document shows works as typed, and prints what the document says; or the table says why it is not tried."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tallybridge.sandbox import Sandbox, load_scenario
from tests.docs.by_hand import change_a_line, enter_worklist
from tests.docs.documents import ROOT, Block, Command, blocks, commands, documents
from tests.docs.terminal import Terminal, missing_from

WORLD = ROOT / "docs" / "examples" / "first-steps.json"
SHELLS = {"bash", "console", "powershell"}

NEEDS_ROOT = "changes the system as its administrator"
RECURSES = "runs the checks that this test is one of; .ci/run calls it"
READY = "the test's terminal has the program on its path already"
POWERSHELL = "there is no PowerShell here; the same lines with Linux paths are what the Makefile does"
REAL_SERVER = "is for a real server"

NOT_TRIED: dict[tuple[str, str], str] = {
    ("README.md", "make test"): RECURSES,
    ("README.md", "source .venv/bin/activate"): READY,
    ("docs/tutorial.md", "source .venv/bin/activate"): READY,
    ("CONTRIBUTING.md", "make test"): RECURSES,
    ("CONTRIBUTING.md", "make lint types imports"): RECURSES,
    ("CONTRIBUTING.md", "make pages"): "writes into the checkout; other tests compare the pages with what it writes",
    ("CONTRIBUTING.md", "make lock"): "resolves versions anew, which needs the network and changes the lock",
    ("docs/how-to/connect-security-center.md", "openssl x509 -in klserver.cer -noout -fingerprint -sha256"): REAL_SERVER,
    ("docs/how-to/connect-security-center.md", "tallybridge fingerprint https://ksc.example:13299"): REAL_SERVER,
    **{
        ("docs/how-to/run-every-day.md", line): NEEDS_ROOT
        for line in (
            "useradd --system --home-dir /var/lib/tallybridge --shell /usr/sbin/nologin tallybridge",
            "install -d -m 0750 -g tallybridge /etc/tallybridge",
            "install -m 0640 -g tallybridge tallybridge.toml /etc/tallybridge/tallybridge.toml",
            "install -m 0600 /dev/null /etc/tallybridge/secrets.env",
            "cp docs/systemd/tallybridge.service /etc/systemd/system/",
            "systemctl daemon-reload",
            "systemctl enable --now tallybridge",
            "journalctl -u tallybridge -f",
            "sudo -u tallybridge TALLYBRIDGE_HOME=/var/lib/tallybridge /opt/tallybridge/.venv/bin/tallybridge holds list",
        )
    },
}
"""(document, command) → why no test types it."""

WHOLE_DOCUMENTS_NOT_TRIED: dict[str, str] = {"docs/performance.md": "shows how figures were measured; the benchmark has tests of its own"}

INSTEAD = {
    "make demo": "tallybridge demo",
    ".venv/bin/python -m django makemigrations ledger --settings tallybridge.ledger.settings --dry-run": (
        "python -m django makemigrations ledger --settings tallybridge.ledger.settings --dry-run"
    ),
}
"""What a test types instead: the recipe of a make target without the set-up, the Python that runs the tests."""

CODES: dict[tuple[str, str], tuple[int, ...]] = {
    ("docs/tutorial.md", "tallybridge doctor"): (1, 0),
    ("docs/tutorial.md", "tallybridge plan"): (3,),
    ("docs/how-to/worklist.md", "tallybridge run"): (3, 0),
    ("docs/how-to/worklist.md", "tallybridge worklist"): (3, 0),
    ("docs/how-to/worklist.md", "tallybridge worklist --csv worklist.csv"): (3,),
    ("docs/how-to/adopt-existing-lines.md", "tallybridge plan"): (3, 2),
    ("docs/how-to/adopt-existing-lines.md", "tallybridge holds list"): (3,),
    ("docs/how-to/read-a-hold.md", "tallybridge run"): (3, 0),
    ("docs/how-to/read-a-hold.md", "tallybridge holds list"): (3, 0),
}
"""Exit codes other than 0, one per time that the command is typed."""

BEFORE: dict[tuple[str, str, int], Callable[[Sandbox], None]] = {
    ("docs/how-to/worklist.md", "tallybridge run", 1): enter_worklist,
    ("docs/how-to/read-a-hold.md", "tallybridge run", 0): change_a_line(by=2),
    ("docs/how-to/read-a-hold.md", "tallybridge run", 1): change_a_line(by=-2),
}
"""What a person does by hand in Tigerpaw before the command is typed for the nth time, counted from 0."""

_NOTHING_WAITS = ("tallybridge plan", 'tallybridge holds adopt --all --reason "entered by hand"')

PREPARED: dict[str, tuple[str, ...]] = {
    "docs/explanation/evidence-and-proof.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/explanation/how-counting-works.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/answer-why.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/move-a-ledger.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/read-a-hold.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/run-every-day.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/worklist.md": _NOTHING_WAITS,
}
"""What has been done before a reader opens the document."""


def shells(document: str) -> list[Block]:
    """The blocks of a document that show commands."""
    return [block for block in blocks(document) if block.language in SHELLS]


DOCUMENTS = [document for document in documents() if shells(document) and document not in WHOLE_DOCUMENTS_NOT_TRIED]


@pytest.mark.skipif(
    shutil.which("bash") is None, reason="NOT CHECKED: there is no bash on this machine, so nobody has typed the commands of the documents"
)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_commands_of_a_document_work_as_typed(document: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        reader = stack.enter_context(_reader(document, tmp_path))
        for block in blocks(document):
            if block.language == "toml":
                reader.write(block.text)
            elif block.language in {"bash", "console"}:
                for command in commands(block):
                    reader.follow(command, stack)


def test_what_is_not_tried_is_still_in_its_document() -> None:
    shown = {(document, command.line) for document in documents() for block in shells(document) for command in commands(block)}
    assert NOT_TRIED.keys() - shown == set()
    assert CODES.keys() - shown == set()
    assert {key[:2] for key in BEFORE} - shown == set()


def test_every_powershell_line_is_the_lock_installed_or_a_check() -> None:
    lines = {command.line.replace("\\", "/") for block in shells("README.md") if block.language == "powershell" for command in commands(block)}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    programs = {line.split()[0].rpartition("/")[2] for line in lines}
    assert programs == {"py", "python", "tallybridge", "ruff", "mypy", "lint-imports", "pytest"}
    for line in lines:
        named = re.findall(r"requirements/\w+\.txt|--require-hashes|--no-deps|--no-build-isolation|--editable \.", line)
        assert all(one in makefile for one in named), f"{POWERSHELL}; the Makefile does not say {line}"


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
        return text.replace('fingerprint = "sha256:…"', f'fingerprint = "{announced["fingerprint"]}"')


@contextmanager
def _reader(document: str, folder: Path) -> Iterator[_Reader]:
    """Readers of the README, of CONTRIBUTING and of the tutorial begin in the checkout; others have a configuration that works and a running PSA."""
    home = folder / "home"
    home.mkdir()
    if document in {"README.md", "CONTRIBUTING.md", "docs/tutorial.md"}:
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
        assert terminal.type("tallybridge init --time-zone Europe/Berlin").code == 0
        reader = _Reader(document, terminal, sandbox)
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
