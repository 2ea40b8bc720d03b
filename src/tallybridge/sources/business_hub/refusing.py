"""How an export file is refused: whole, with every problem named by row, column, value and what was expected."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple, NoReturn

MOST_PROBLEMS = 50
"""Problems that are told at once; a file with that many is read no further."""

LONGEST_VALUE = 60
"""Letters of a value that a message shows."""


class ExportProblem(NamedTuple):
    """One thing in a file that cannot be taken."""

    row: int | None
    """As a spreadsheet numbers rows: the first is 1. None in JSON, unless the text itself is broken."""
    column: str | None
    """The column as the file's header names it; in JSON the way to the member, as in `companies[0].devices[3].type`."""
    value: str
    """What was found, ready to be shown."""
    expected: str
    sheet: str | None = None

    def __str__(self) -> str:
        sheet = f"sheet {shown(self.sheet)}" if self.sheet is not None else ""
        row = f"row {self.row}" if self.row is not None else ""
        column = self.column and (f"column {shown(self.column)}" if self.row is not None else self.column)
        where = ", ".join(part for part in (sheet, row, column) if part)
        return f"{where}{': ' if where else ''}found {self.value}, expected {self.expected}"


class ExportRefused(Exception):
    """A file, or several that contradict each other, of which nothing was taken."""

    def __init__(self, file: str, problems: Iterable[ExportProblem], *, companies: Iterable[tuple[str, datetime]] = ()) -> None:
        """Takes the file's name, what is wrong with it, and the companies with their instants that could be read in it all the same."""
        self.file = file
        self.problems = tuple(problems)
        self.companies = frozenset(companies)
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """The refusal in one line, with the first problem."""
        others = len(self.problems) - 1
        more = f", and {others} more problem{'s' if others > 1 else ''}" if others else ""
        return f"{self.file} was refused and nothing of it was taken: {self.problems[0]}{more}. Correct it, or export it again."

    @property
    def report(self) -> str:
        """The refusal with every problem on a line of its own."""
        stopped = [f"  … and perhaps more: a file is read no further after {MOST_PROBLEMS} problems."] if len(self.problems) >= MOST_PROBLEMS else []
        lines = [f"  {problem}" for problem in self.problems]
        return "\n".join((f"{self.file} was refused and nothing of it was taken:", *lines, *stopped, "Correct it, or export it again."))


class ProblemList:
    """The problems of one file while it is read."""

    def __init__(self, file: str) -> None:
        """Begins an empty list for the file of this name."""
        self._file = file
        self._problems: list[ExportProblem] = []
        self._companies: set[tuple[str, datetime]] = set()

    def saw(self, company: str, exported: datetime) -> None:
        """Notes that the file speaks of this company at this instant, refused or not."""
        self._companies.add((company, exported))

    def add(self, problem: ExportProblem) -> None:
        """Keeps a problem; raises ExportRefused once there are `MOST_PROBLEMS`."""
        self._problems.append(problem)
        if len(self._problems) >= MOST_PROBLEMS:
            self.refuse_if_any()

    def refuse(self, problem: ExportProblem) -> NoReturn:
        """Raises ExportRefused with this problem and all before it: the file cannot be read further."""
        self._problems.append(problem)
        raise ExportRefused(self._file, self._problems, companies=self._companies)

    def refuse_if_any(self) -> None:
        """Raises ExportRefused if there is any problem."""
        if self._problems:
            raise ExportRefused(self._file, self._problems, companies=self._companies)


def shown(value: object) -> str:
    """A value as a message shows it: quoted, in one line, and cut if it is long."""
    if value is None:
        return "nothing"
    if isinstance(value, datetime):
        return utc_text(value) if value.tzinfo is not None else value.isoformat(" ", "minutes")
    if isinstance(value, (bool, int, float, date)):
        return str(value)
    text = str(value)
    if not text.strip():
        return "nothing"
    cut = text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"
    return '"' + "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in cut) + '"'


def utc_text(instant: datetime) -> str:
    """An aware instant as contracts 5 writes it: `2026-11-22T01:00:00Z`."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
