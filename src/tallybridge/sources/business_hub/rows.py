"""Flat rows → exports: one row per device and license in use, or per mailbox; a row may also hold a license or a company alone (contracts 5).

Rows come by the hundred thousand, so what repeats from row to row, the company and the license, is read once per different spelling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple, TypeVar

from tallybridge.billing.model import Device, DeviceForm, Mailbox
from tallybridge.sources.business_hub import columns as column
from tallybridge.sources.business_hub.exports import CompanyExport, ExportedLicense
from tallybridge.sources.business_hub.gathering import CompanyFacts, Contradiction
from tallybridge.sources.business_hub.refusing import ExportProblem, ProblemList, shown, utc_text
from tallybridge.sources.business_hub.values import (
    Cell,
    Unfit,
    address_of,
    all_blank,
    expiry_of,
    form_of,
    identity_of,
    instant_of,
    is_blank,
    kind_of,
    state_of,
    text_of,
    truth_of,
)

_Value = TypeVar("_Value")

_COLUMN_OF_MEMBER = {
    "application": column.APPLICATION,
    "kind": column.KIND,
    "state": column.STATE,
    "expires": column.EXPIRES,
    "name": column.DEVICE,
    "os_name": column.OS_NAME,
    "form": column.TYPE,
    "protected": column.PROTECTED,
    "license": column.LICENSE_ID,
}


class Table(NamedTuple):
    """A sheet of rows."""

    sheet: str | None
    """Its name, where the file has several."""
    rows: Iterable[tuple[int, Sequence[Cell]]]
    """Numbered as a spreadsheet numbers them; the first that is not empty is the header."""


class FlatRows:
    """Takes the tables of one file and gathers what they say."""

    def __init__(self, problems: ProblemList, *, exported: datetime | None, names: Mapping[str, str]) -> None:
        """Begins a file; `exported` is the instant given along with it and `names` leads its columns to ours."""
        self._problems = problems
        self._exported = exported
        self._names = names
        self._companies: dict[str, _Company] = {}
        self._ignored: dict[str, None] = {}

    def take(self, table: Table) -> None:
        """Takes a table whole; what is wrong with it is added to the problems."""
        rows = iter(table.rows)
        header = next(((number, cells) for number, cells in rows if not all_blank(cells)), None)
        if header is None:
            return
        number, cells = header
        known = self._exported is not None
        layout = column.layout_of(
            [str(cell) for cell in cells], self._names, may_lack_exported=known, row=number, sheet=table.sheet, problems=self._problems
        )
        if layout is not None:
            self._ignored.update(dict.fromkeys(layout.ignored))
            _TableReader(layout, table.sheet, self._companies, self._problems, self._exported).take(rows)

    def finish(self) -> tuple[tuple[CompanyExport, ...], tuple[str, ...]]:
        """The exports by company id, and the columns that nothing knows.

        Raises:
            ExportRefused: there was a problem, no company at all, or a license that is named and not listed.
        """
        for company in self._companies.values():
            for license, (row, label, sheet) in company.named.items():
                if license not in company.listed:
                    expected = f"a license that the file lists for company {company.facts.id}, with its application, kind and state"
                    self._problems.add(ExportProblem(row, label, shown(license), expected, sheet))
        self._problems.refuse_if_any()
        if not self._companies:
            self._problems.refuse(ExportProblem(None, None, "no company", "a header and at least one row below it"))
        return tuple(self._companies[company].facts.export() for company in sorted(self._companies)), tuple(self._ignored)


class _Company:
    """What is gathered of one company, and which spellings of its licenses are known already."""

    __slots__ = ("facts", "licenses", "listed", "named")

    def __init__(self, facts: CompanyFacts) -> None:
        self.facts = facts
        self.licenses: dict[tuple[Cell, ...], str | None] = {}
        """Ids by the cells that tell them."""
        self.named: dict[str, tuple[int, str, str | None]] = {}
        """Row, column and sheet where each license is named first."""
        self.listed: set[str] = set()
        """Licenses of which more than the id is told, rightly or not."""


class _TableReader:
    """Reads the rows of one table into the companies of its file."""

    def __init__(
        self, layout: column.Layout, sheet: str | None, companies: dict[str, _Company], problems: ProblemList, exported: datetime | None
    ) -> None:
        self._layout = layout
        self._labels = dict(zip(column.COLUMNS, layout.labels, strict=True))
        self._sheet = sheet
        self._companies = companies
        self._problems = problems
        self._exported = exported
        self._row = 0
        self._by_cells: dict[tuple[Cell, ...], _Company | None] = {}
        self._forms: dict[Cell, DeviceForm | None] = {}
        self._systems: dict[Cell, str | None] = {}

    def take(self, rows: Iterable[tuple[int, Sequence[Cell]]]) -> None:
        pick = itemgetter(*self._layout.places)
        width = self._layout.width
        enough = max(width, *(place + 1 for place in self._layout.places))
        for self._row, given in rows:
            cells = given if len(given) == width else self._as_wide_as_the_header(given)
            if len(cells) < enough:
                cells = [*cells, *[""] * (enough - len(cells))]
            for place in self._layout.unnamed:
                self._nothing_at(cells, place)
            self._take_row(pick(cells))

    def _take_row(self, cells: tuple[Cell, ...]) -> None:
        identity = cells[:3]
        company = self._by_cells.get(identity)
        if company is None:
            if all_blank(cells) or identity in self._by_cells:
                return
            company = self._by_cells[identity] = self._company(*identity)
            if company is None:
                return
        told = cells[3:8]
        license = company.licenses.get(told)
        if license is None and told not in company.licenses:
            license = company.licenses[told] = self._license(company, told)
        has_device, has_mailbox = not all_blank(cells[8:12]), not all_blank(cells[12:14])
        if has_device and has_mailbox:
            name, cell = (column.PROTECTED, cells[13]) if is_blank(cells[12]) else (column.MAILBOX, cells[12])
            self._problem(name, cell, "nothing, because the row holds a device already: one row per device or mailbox")
        elif has_device:
            self._device(company, cells[8:12], license)
        elif has_mailbox:
            self._mailbox(company, cells[12:14], license)

    def _company(self, id_cell: Cell, name_cell: Cell, exported_cell: Cell) -> _Company | None:
        identity = self._read(column.COMPANY_ID, identity_of, id_cell)
        name = self._read(column.COMPANY, identity_of, name_cell)
        exported = self._instant(exported_cell)
        if identity is None or name is None or exported is None:
            return None
        self._problems.saw(identity, exported)
        company = self._companies.setdefault(identity, _Company(CompanyFacts(identity, name, exported)))
        if company.facts.exported != exported:
            expected = f"{utc_text(company.facts.exported)}, as another row of company {identity} says: an export is of one instant"
            self._problem(column.EXPORTED, exported_cell, expected)
        if company.facts.name != name:
            self._problem(column.COMPANY, name_cell, f"{shown(company.facts.name)}, as another row of company {identity} says")
        return company

    def _instant(self, cell: Cell) -> datetime | None:
        if self._exported is None:
            return self._read(column.EXPORTED, instant_of, cell)
        told = None if is_blank(cell) else self._read(column.EXPORTED, instant_of, cell)
        if told is not None and told != self._exported:
            self._problem(column.EXPORTED, cell, f"{utc_text(self._exported)}, the instant that was given along with the file, or nothing")
        return self._exported

    def _license(self, company: _Company, cells: tuple[Cell, ...]) -> str | None:
        id_cell, *facts = cells
        if all_blank(cells):
            return None
        identity = self._read(column.LICENSE_ID, identity_of, id_cell)
        if identity is None:
            return None
        company.named.setdefault(identity, (self._row, self._labels[column.LICENSE_ID], self._sheet))
        if all_blank(facts):
            return identity
        company.listed.add(identity)
        application = self._read(column.APPLICATION, identity_of, facts[0])
        kind = self._read(column.KIND, kind_of, facts[1])
        state = self._read(column.STATE, state_of, facts[2])
        # None stands for never here, so a cell that cannot be read is told by the tuple around it.
        expires = self._read(column.EXPIRES, lambda cell: (expiry_of(cell),), facts[3])
        if application is not None and kind is not None and state is not None and expires is not None:
            self._unless(company.facts.add_license(ExportedLicense(identity, application, kind, state, expires[0])))
        return identity

    def _device(self, company: _Company, cells: tuple[Cell, ...], license: str | None) -> None:
        id_cell, name_cell, system_cell, form_cell = cells
        identity = self._read(column.DEVICE_ID, identity_of, id_cell)
        name = self._read(column.DEVICE, text_of, name_cell)
        if system_cell not in self._systems:
            self._systems[system_cell] = self._read(column.OS_NAME, text_of, system_cell)
        system = self._systems[system_cell]
        form = self._forms.get(form_cell)
        if form is None:
            form = self._read(column.TYPE, form_of, form_cell)
            if form is not None:
                self._forms[form_cell] = form
        if identity is not None and name is not None and form is not None:
            self._unless(company.facts.add_device(Device(identity, name, system or None, None, form), license))

    def _mailbox(self, company: _Company, cells: tuple[Cell, ...], license: str | None) -> None:
        address = self._read(column.MAILBOX, address_of, cells[0])
        protected = self._read(column.PROTECTED, truth_of, cells[1])
        if address is not None and protected is not None:
            self._unless(company.facts.add_mailbox(Mailbox(address, protected, license)))

    def _as_wide_as_the_header(self, cells: Sequence[Cell]) -> Sequence[Cell]:
        """Spreadsheets leave out empty cells at the end of a row, or write a few too many."""
        width = self._layout.width
        for extra in cells[width:]:
            if not is_blank(extra):
                expected = f"at most {width} cells, as many as the header has"
                self._problems.add(ExportProblem(self._row, None, f"{len(cells)} cells, the last of them {shown(extra)}", expected, self._sheet))
                break
        return cells[:width]

    def _nothing_at(self, cells: Sequence[Cell], place: int) -> None:
        if not is_blank(cells[place]):
            expected = f"nothing, because column {place + 1} has no name in the header"
            self._problems.add(ExportProblem(self._row, None, shown(cells[place]), expected, self._sheet))

    def _unless(self, contradiction: Contradiction | None) -> None:
        if contradiction is not None:
            about, member, value, known = contradiction
            self._problem(_COLUMN_OF_MEMBER[member], value, f"{shown(known)}, as another row says of {about}")

    def _read(self, name: str, parse: Callable[[Cell], _Value], cell: Cell) -> _Value | None:
        try:
            return parse(cell)
        except Unfit as unfit:
            self._problem(name, cell, str(unfit))
            return None

    def _problem(self, name: str, value: object, expected: str) -> None:
        self._problems.add(ExportProblem(self._row, self._labels[name], shown(value), expected, self._sheet))
