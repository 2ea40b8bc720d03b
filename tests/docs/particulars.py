"""What is particular about a document whose commands are typed: what is not tried and why, other exit codes, what a person does in between."""

from __future__ import annotations

from collections.abc import Callable

from tallybridge.sandbox import Sandbox
from tests.docs.by_hand import change_a_line, enter_worklist, remove_a_virtual_server

NEEDS_ROOT = "changes the system as its administrator"
RECURSES = "runs the checks that this test is one of; .ci/run calls it"
READY = "the test's terminal has the program on its path already"
POWERSHELL = "there is no PowerShell here; the same lines with Linux paths are what the Makefile does"
REAL_SERVER = "is for a real server"
WORKERS = "needs a PostgreSQL server and a second terminal; tests/rehearsals/test_workers.py does the same"

NOT_TRIED: dict[tuple[str, str], str] = {
    ("README.md", "make test"): RECURSES,
    ("README.md", "source .venv/bin/activate"): READY,
    ("docs/tutorial.md", "source .venv/bin/activate"): READY,
    ("CONTRIBUTING.md", "make test"): RECURSES,
    ("CONTRIBUTING.md", "make test-postgresql"): RECURSES,
    ("CONTRIBUTING.md", "make lint types imports"): RECURSES,
    ("CONTRIBUTING.md", "make pages"): "writes into the checkout; other tests compare the pages with what it writes",
    ("CONTRIBUTING.md", "make lock"): "resolves versions anew, which needs the network and changes the lock",
    ("docs/how-to/connect-security-center.md", "openssl x509 -in klserver.cer -noout -fingerprint -sha256"): REAL_SERVER,
    ("docs/how-to/connect-security-center.md", "tallybridge fingerprint https://ksc.example:13299"): REAL_SERVER,
    **{("docs/how-to/many-machines.md", line): WORKERS for line in ("tallybridge worker --concurrency 4", "tallybridge run --by-workers")},
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

WHOLE_DOCUMENTS_NOT_TRIED: dict[str, str] = {
    "docs/how-to/use-postgresql.md": "needs a PostgreSQL server; tests/end_to_end/test_on_postgresql.py does the same with one",
    "docs/performance.md": "shows how figures were measured; the benchmark has tests of its own",
    "docs/how-to/run-in-containers.md": "needs a container engine, which a test cannot expect",
}

INSTEAD = {
    "tallybridge serve": "tallybridge serve --listen 127.0.0.1:0",
    ".venv/bin/tallybridge serve --sandbox": "tallybridge serve --sandbox --listen 127.0.0.1:0 --home $HOME/sandboxed",
    "tallybridge serve --sandbox": "tallybridge serve --sandbox --listen 127.0.0.1:0 --home sandboxed",
    "tallybridge serve --behind-proxy --host-name tallybridge.example": (
        "tallybridge serve --behind-proxy --host-name tallybridge.example --listen 127.0.0.1:0"
    ),
    "make demo": "tallybridge demo",
    ".venv/bin/python -m django makemigrations ledger --settings tallybridge.ledger.settings --dry-run": (
        "python -m django makemigrations ledger --settings tallybridge.ledger.settings --dry-run"
    ),
}
"""What a test types instead: the recipe of a make target without the set-up, the Python that runs the tests, a port that is free."""

_IMPORT = 'tallybridge import cloud.csv --exported "$(date -u +%Y-%m-%dT%H:%M:%SZ)"'

CODES: dict[tuple[str, str], tuple[int, ...]] = {
    ("docs/tutorial.md", "tallybridge doctor"): (1, 0),
    ("docs/tutorial.md", "tallybridge plan"): (3,),
    ("docs/how-to/bill-cloud-customers.md", _IMPORT): (1,),
    ("docs/how-to/bill-cloud-customers.md", "tallybridge plan"): (2,),
    ("docs/how-to/bill-cloud-customers.md", "tallybridge run"): (3,),
    ("docs/how-to/state-a-count.md", "tallybridge plan"): (2,),
    ("docs/how-to/two-integrations.md", "tallybridge plan"): (1,),
    ("docs/how-to/two-integrations.md", "tallybridge run"): (3,),
    ("docs/how-to/worklist.md", "tallybridge run"): (3, 0),
    ("docs/how-to/worklist.md", "tallybridge worklist"): (3, 0),
    ("docs/how-to/worklist.md", "tallybridge worklist --csv worklist.csv"): (3,),
    ("docs/how-to/adopt-existing-lines.md", "tallybridge plan"): (3, 2),
    ("docs/how-to/adopt-existing-lines.md", "tallybridge holds list"): (3,),
    ("docs/how-to/many-machines.md", "tallybridge status"): (3,),
    ("docs/how-to/look-at-the-bill.md", "tallybridge status"): (3,),
    ("docs/how-to/look-at-the-bill.md", "tallybridge status --json"): (3,),
    ("docs/how-to/read-a-hold.md", "tallybridge run"): (3, 0),
    ("docs/how-to/read-a-hold.md", "tallybridge holds list"): (3, 0),
    ("docs/how-to/clear-what-is-left-behind.md", "tallybridge run"): (3,),
    ("docs/how-to/clear-what-is-left-behind.md", "tallybridge left-behind list"): (3, 0),
    ("docs/how-to/undo-a-run.md", "tallybridge revert latest --out back.plan"): (2,),
    ("docs/how-to/undo-a-run.md", "tallybridge revert latest"): (2,),
    ("docs/how-to/decide-on-holds.md", "tallybridge run"): (3, 0, 3, 0, 3, 0),
    ("docs/how-to/decide-on-holds.md", "tallybridge holds list"): (3,),
}
"""Exit codes other than 0, one per time that the command is typed."""

BEFORE: dict[tuple[str, str, int], Callable[[Sandbox], None]] = {
    ("docs/how-to/worklist.md", "tallybridge run", 1): enter_worklist,
    ("docs/how-to/clear-what-is-left-behind.md", "tallybridge run", 0): remove_a_virtual_server,
    ("docs/how-to/decide-on-holds.md", "tallybridge run", 0): change_a_line(by=2),
    ("docs/how-to/decide-on-holds.md", "tallybridge run", 4): change_a_line(by=2),
    ("docs/how-to/read-a-hold.md", "tallybridge run", 0): change_a_line(by=2),
    ("docs/how-to/read-a-hold.md", "tallybridge run", 1): change_a_line(by=-2),
}
"""What a person does by hand in Tigerpaw or Security Center before the command is typed for the nth time, counted from 0."""

_NOTHING_WAITS = ("tallybridge plan", 'tallybridge holds adopt --all --reason "entered by hand"')

PREPARED: dict[str, tuple[str, ...]] = {
    "docs/explanation/evidence-and-proof.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/explanation/how-counting-works.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/answer-why.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/ask-what-if.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/clear-what-is-left-behind.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/decide-on-holds.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/look-at-the-bill.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/many-machines.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/back-up-and-restore.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/read-a-hold.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/run-every-day.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/state-a-count.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/two-integrations.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/undo-a-run.md": (*_NOTHING_WAITS, "tallybridge run"),
    "docs/how-to/worklist.md": _NOTHING_WAITS,
}
"""What has been done before a reader opens the document."""

BEGIN_WITH_NOTHING = frozenset({"docs/how-to/bill-cloud-customers.md"})
"""Documents whose reader has no configuration yet; the reader of others, outside the checkout, has one that works."""
