"""The table of columns on the page about exports, made from the columns that the program knows."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from tallybridge.sources.business_hub import columns

PAGE = Path(__file__).parent / "reference" / "exports.md"
BEGIN, END = "<!-- columns: python -m docs.generate exports -->", "<!-- end of columns -->"

HOLDS = MappingProxyType(
    {
        columns.COMPANY_ID: "what tells the company from others, in every row",
        columns.COMPANY: "its name, in every row; the same in all rows of a company",
        columns.EXPORTED: "the instant that the facts are of; the same in all rows of a company. The column may be missing if `--exported` tells it",
        columns.LICENSE_ID: "the license in use; empty where there is none",
        columns.APPLICATION: "the application of the license",
        columns.KIND: "commercial, subscription, trial, beta, test or oem",
        columns.STATE: "active, paused or canceled",
        columns.EXPIRES: "when the license expires; empty, `never` or `unlimited`: it does not",
        columns.DEVICE_ID: "what tells the device from others of the company",
        columns.DEVICE: "its name; may be empty",
        columns.OS_NAME: "its operating system; may be empty",
        columns.TYPE: "desktop, laptop, file_server or mobile",
        columns.MAILBOX: "the address of a mailbox; upper and lower case are the same",
        columns.PROTECTED: "whether the mailbox is protected: yes, no, true, false, 1 or 0",
    }
)


def exports_page() -> str:
    """The page as it stands, with its table of columns made anew."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{_table()}\n\n{END}{after}"


def _table() -> str:
    rows = (f"| `{column}` | {HOLDS[column]} | {_spellings(column)} |" for column in columns.COLUMNS)
    return "\n".join(("| column | what it holds | read as it too |", "| --- | --- | --- |", *rows))


def _spellings(column: str) -> str:
    """The recognized spellings but for the column's own name. British ones are told by the sentence under the table."""
    known = (spelling for spelling, ours in columns.SPELLINGS.items() if ours == column)
    own = column.replace("_", "")
    return ", ".join(f"`{spelling}`" for spelling in known if spelling != own and "licence" not in spelling)
