"""Companies and their exports (contracts 5) put together piece by piece, and the integration that reads them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from tests.databases import past_the_program
from tests.end_to_end.conftest import Bench
from tests.end_to_end.worlds import account, agreement, declaration, link, price_book, world

CLOUD_PLUS = "Kaspersky Endpoint Security Cloud Plus"
OFFICE_365 = "Kaspersky Security for Microsoft Office 365"
MAIL_SERVER = "Kaspersky Security for Mail Server"

NORTHWIND, LITWARE = 3041, 3042
"""The agreements of the two companies of `two_companies`; their accounts are 2041 and 2042."""
HUB = "Business Hub"
HUB_ITEMS = ("CLOUD-USER", "M365-BOX", "MAIL-SRV", "KES-WKS", "KES-SRV", "KES-NIX", "KES-SELECT")

Json = dict[str, Any]


def licensed(identity: str, application: str = CLOUD_PLUS, **members: Any) -> Json:
    """A license that counts and never expires."""
    return {"id": identity, "application": application, "kind": "commercial", "state": "active", "expires": None, **members}


def unit(identity: str, form: str = "desktop", license_id: str | None = "L1", os_name: str | None = "Microsoft Windows 11") -> Json:
    """A device."""
    return {"id": identity, "name": identity.upper(), "os_name": os_name, "type": form, "license": license_id}


def box(address: str, license_id: str | None = "L2", *, protected: bool = True) -> Json:
    """A mailbox."""
    return {"address": address, "protected": protected, "license": license_id}


def company(identity: str, name: str, *, users: int = 2, mobiles: int = 0, mailboxes: int = 3, **members: Any) -> Json:
    """A company with users of Cloud Plus under L1 and protected mailboxes under L2; `members` takes the place of whole lists."""
    devices = [unit(f"{identity}-pc-{place}") for place in range(users)]
    devices += [unit(f"{identity}-tel-{place}", "mobile", os_name="Android 15") for place in range(mobiles)]
    return {
        "id": identity,
        "name": name,
        "licenses": [licensed("L1"), licensed("L2", OFFICE_365)],
        "devices": devices,
        "mailboxes": [box(f"box{place}@{identity}.example") for place in range(mailboxes)],
        **members,
    }


def northwind(**members: Any) -> Json:
    """The first company."""
    return company("c-1", "Northwind", **members)


def litware(**members: Any) -> Json:
    """The second company."""
    return company("c-2", "Litware", **members)


def utc_text(instant: datetime) -> str:
    """An instant as exports write it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def export(companies: Iterable[Json], exported: datetime) -> Json:
    """A JSON export."""
    return {"exported": utc_text(exported), "companies": list(companies)}


COLUMNS = (
    *("company_id", "company", "exported", "license_id", "application", "kind", "state", "expires"),
    *("device_id", "device", "os_name", "type", "mailbox", "protected"),
)


def flat_rows(companies: Iterable[Json], exported: datetime | None) -> list[dict[str, str]]:
    """The same facts as rows of a table."""
    rows: list[dict[str, str]] = []
    for one in companies:
        head = {"company_id": one["id"], "company": one["name"], "exported": utc_text(exported) if exported is not None else ""}
        licenses = {
            each["id"]: {
                "license_id": each["id"],
                "application": each["application"],
                "kind": each["kind"],
                "state": each["state"],
                "expires": each["expires"] or "",
            }
            for each in one["licenses"]
        }
        rows += [head | each for each in licenses.values()]
        for device in one["devices"]:
            facts = {"device_id": device["id"], "device": device["name"], "os_name": device["os_name"] or "", "type": device["type"]}
            rows.append(head | licenses.get(device["license"], {}) | facts)
        for mailbox in one["mailboxes"]:
            facts = {"mailbox": mailbox["address"], "protected": "yes" if mailbox["protected"] else "no"}
            rows.append(head | licenses.get(mailbox["license"], {}) | facts)
    return [{column: row.get(column, "") for column in COLUMNS} for row in rows]


def write_file(path: Path, companies: Iterable[Json], exported: datetime | None, *, renamed: Mapping[str, str] | None = None) -> Path:
    """Writes an export of the kind that its ending names; `renamed` gives columns of a table other names, ours → theirs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".json":
        assert exported is not None
        path.write_text(json.dumps(export(companies, exported)), encoding="utf-8")
        return path
    columns = [column for column in COLUMNS if exported is not None or column != "exported"]
    header = [(renamed or {}).get(column, column) for column in columns]
    table = [header, *([row[column] for column in columns] for row in flat_rows(companies, exported))]
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(table)
        return path
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for place, cells in enumerate(table):
            sheet.write_row(place, 0, cells)
    return path


def two_companies(*, servers: Iterable[Json] = (), northwind_lines: Iterable[Json] = ()) -> Json:
    """A PSA with an account for each company; Security Center has only the given virtual servers."""
    return world(
        servers,
        [
            account(2041, "Northwind", [agreement(NORTHWIND, northwind_lines)]),
            account(2042, "Litware", [agreement(LITWARE)]),
        ],
        price_book(*HUB_ITEMS),
    )


COMPANY_LINKS = (link("Northwind", 2041, NORTHWIND), link("Litware", 2042, LITWARE))
USERS = {"application": CLOUD_PLUS, "item": "CLOUD-USER"}
MAILBOXES = {"application": OFFICE_365, "item": "M365-BOX"}
MAIL_BY_HAND = {"application": MAIL_SERVER, "item": "MAIL-SRV"}

NO_SERVER: Json = {"url": None, "user": None, "password": None, "fingerprint": None}


def hub_declaration(
    bench: Bench,
    *,
    name: str = HUB,
    links: Iterable[Json] = COMPANY_LINKS,
    mappings: Iterable[Json] = (USERS, MAILBOXES),
    applications: Iterable[Json] = (),
    source: Mapping[str, Any] | None = None,
) -> str:
    """The text of a configuration file for the exports in the folder `exports` beside it."""
    return declaration(
        bench.sandbox,
        links=links,
        mappings=mappings,
        applications=applications,
        integration={"name": name},
        source={**NO_SERVER, "kind": "business_hub", "folder": "exports", **(source or {})},
    )


class HubBench:
    """The desk of `Bench`, with a folder of exports."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.exports = bench.folder / "exports"
        self.exports.mkdir()
        bench.load(two_companies())
        self.declare()

    def declare(self, **changes: Any) -> None:
        """Writes the configuration file; see `hub_declaration`."""
        self.bench.write_config(hub_declaration(self.bench, **changes))

    def put(self, *companies: Json, exported: datetime | None = None, name: str = "today.json") -> Path:
        """Puts an export into the folder; made now unless another instant is given."""
        return write_file(self.exports / name, companies, exported or self.bench.now())

    def file(self, name: str, *companies: Json, exported: datetime | None = None) -> Path:
        """Writes an export outside the folder."""
        return write_file(self.bench.folder / "files" / name, companies, exported or self.bench.now())

    def bring(self, file: Path, *more: object) -> Json:
        """Imports a file, which must be taken, and gives what was said of it."""
        called = self.bench.call("import", file, "--json", *more)
        assert called.code == 0, called.words
        (told,) = called.json
        return dict(told)

    def given(self) -> list[tuple[object, ...]]:
        """Every row of what people have given the ledger: imports, meanings of columns, counts; and how many runs and how many exports there are."""
        tables = ("ledger_importedexport", "ledger_columnname", "ledger_statedcount")
        home = self.bench.home
        return [
            *((table, *row) for table in tables for row in past_the_program.rows(home, f"select * from {table} order by id")),
            *past_the_program.rows(home, "select count(*) from ledger_run"),
            *past_the_program.rows(home, "select count(*) from ledger_blob where kind = 'export'"),
        ]
