"""`make screenshots`: a picture of every page, light and dark, wide and narrow, so that they can be looked at.

`python -m tests.browser.screenshots FOLDER [NAME …]` takes them into another folder, and with names only those of these pages;
`python -m tests.browser.screenshots --documents` takes again the few that the documents show.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tallybridge.console.serving import prepare_console

_FOLDER = "build/screenshots"
_DOCUMENTS = Path(__file__).resolve().parents[2] / "docs" / "images" / "console"


def main(arguments: list[str]) -> int:
    """Takes them, and gives 1 where a page could not be opened."""
    # Before anything of the ledger is imported: Django is set up once per process, with the pages' tables here.
    prepare_console()
    from tests.browser.pictures import take_for_documents, take_pictures  # noqa: PLC0415 - see above

    if arguments == ["--documents"]:
        take_for_documents(_DOCUMENTS)
        return 0
    folder = Path(arguments[0] if arguments else _FOLDER)
    missed = take_pictures(folder, frozenset(arguments[1:]))
    for one in missed:
        sys.stderr.write(f"Not taken: {one}\n")
    sys.stderr.write(f"{len(list(folder.glob('*.png')))} pictures are in {folder}.\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
