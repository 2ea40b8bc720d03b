"""Homes and processes: a home that is being made survives a kill at any statement, and two processes may make it at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tallybridge.ledger import manifests, opening, secrets
from tallybridge.ledger.prepared import models
from tests.databases.homes import blank, environment_of
from tests.ledger.examples import StandingClock

OPENS_AND_DIES = """
import json, os, sys
from datetime import UTC, datetime
from pathlib import Path
from django.db.backends.signals import connection_created
from tallybridge.ledger import opening

count = 0

def die(execute, sql, params, many, context):
    global count
    count += 1
    if count == limit:
        os._exit(9)
    return execute(sql, params, many, context)

def arm(connection, **_):
    connection.execute_wrappers.append(die)

connection_created.connect(arm)
environments = json.loads(sys.argv[2])
for name in environments:
    child = os.fork()
    if child == 0:
        limit = int(name)
        os.environ.update(environments[name])
        opening.open_ledger(Path(sys.argv[1]) / name, clock=lambda: datetime.now(UTC))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(name, os.waitstatus_to_exitcode(status))
"""

NAMES_THE_KEY_AND_DIES = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from tallybridge.ledger import opening

link = os.link

def link_and_die(source, target):
    link(source, target)
    os._exit(9)

os.link = link_and_die
opening.open_ledger(Path(sys.argv[1]), clock=lambda: datetime.now(UTC))
"""

OPENS_AND_SEALS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tallybridge.ledger import opening, secrets

print("ready", flush=True)
input()
opening.open_ledger(Path(sys.argv[1]), clock=lambda: datetime.now(UTC))
secrets.seal(sys.argv[2], "hidden")
opening.close_ledger()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_home_whose_making_was_killed_is_made_whole_by_the_next_program(tmp_path: Path, clock: StandingClock) -> None:
    points = [str(number) for number in (1, 2, 3, 5, 8, 13, 40, 80, 120, 160, 200, 10_000)]
    environments = json.dumps({point: environment_of(blank(tmp_path / point)) for point in points})
    done = subprocess.run(
        [sys.executable, "-c", OPENS_AND_DIES, str(tmp_path), environments], capture_output=True, text=True, check=True, timeout=120
    )
    ended = dict(line.split() for line in done.stdout.splitlines())
    assert ended.pop("10000") == "0"
    assert list(ended.values()).count("9") >= 8, "most of the points must lie within the making"
    for point in points:
        opening.open_ledger(tmp_path / point, clock=clock)
        secrets.seal("soap_password", "hidden")
        assert secrets.unseal("soap_password") == "hidden"
        assert models.KeyCheck.objects.count() == 1
        assert manifests.verify().ok
        opening.close_ledger()


@pytest.mark.skipif(sys.platform == "win32", reason="needs hard links")
def test_a_key_whose_making_was_killed_has_one_name_afterwards(home: Path, clock: StandingClock) -> None:
    environment = os.environ | environment_of(home)
    assert subprocess.run([sys.executable, "-c", NAMES_THE_KEY_AND_DIES, str(home)], env=environment, check=False, timeout=60).returncode == 9
    key = (home / "key").read_bytes()

    opening.open_ledger(home, clock=clock)
    opening.close_ledger()

    assert [file.name for file in home.iterdir() if "key" in file.name] == ["key"]
    assert (home / "key").read_bytes() == key


def test_two_processes_may_make_a_home_at_once(home: Path, clock: StandingClock) -> None:
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", OPENS_AND_SEALS, str(home), name],
            env=os.environ | environment_of(blank(home)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name in ("first", "second")
    ]
    for maker in makers:
        assert maker.stdout is not None
        assert maker.stdout.readline() == b"ready\n"
    for maker in makers:
        assert maker.stdin is not None
        maker.stdin.write(b"\n")
        maker.stdin.flush()
    for maker in makers:
        maker.communicate(timeout=60)
    assert [maker.returncode for maker in makers] == [0, 0]
    opening.open_ledger(home, clock=clock)
    assert [secrets.unseal(name) for name in ("first", "second")] == ["hidden", "hidden"]


def test_importing_the_ledger_does_not_import_django() -> None:
    """Keeps `tallybridge --help` fast."""
    asked = "import sys, tallybridge.ledger; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0


@pytest.mark.parametrize("module", ["runs", "intents", "manifests", "opening", "leases", "models"])
def test_any_module_may_be_imported_first(module: str) -> None:
    imported = "from tallybridge.ledger.prepared import models" if module == "models" else f"from tallybridge.ledger import {module}"
    assert subprocess.run([sys.executable, "-c", imported], check=False).returncode == 0


def test_a_console_can_add_its_applications_before_anything_else(tmp_path: Path) -> None:
    asked = (
        "from tallybridge.ledger.django_setup import prepare; prepare(apps=['django.contrib.contenttypes', 'django.contrib.auth']);"
        "from tallybridge.ledger import opening; from django.contrib.auth.models import User;"
        "import pathlib, sys, datetime; opening.open_ledger(pathlib.Path(sys.argv[1]), clock=datetime.datetime.now, whole=True);"
        "assert User.objects.count() == 0"
    )
    home = tmp_path / "home"
    environment = os.environ | environment_of(home)
    assert subprocess.run([sys.executable, "-W", "error", "-c", asked, str(home)], check=False, env=environment).returncode == 0


def test_applications_that_come_too_late_are_refused() -> None:
    asked = "from tallybridge.ledger import runs; from tallybridge.ledger.django_setup import prepare; prepare(apps=['django.contrib.auth'])"
    late = subprocess.run([sys.executable, "-c", asked], check=False, capture_output=True, text=True)
    assert "django.contrib.auth" in late.stderr
    assert late.returncode == 1
