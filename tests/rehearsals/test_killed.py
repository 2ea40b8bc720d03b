"""Real processes killed (SIGKILL) at random instants: whatever they were at, the next ones make it good (L5, design 7 and 8).

A few kills in every test run; TALLYBRIDGE_KILLS=50 for as many of each kind. The seed in a test's name decides on the fleet, the faults and where
the kills are aimed; where they land is up to the machine. TALLYBRIDGE_KILL_SEED=7 repeats the one seed.
"""

from __future__ import annotations

import logging
import os
import random
import stat
import sys
import time
from pathlib import Path

import pytest

import tallybridge.ledger.migrations
from tests.rehearsals.growing_fleet import GrowingFleet
from tests.rehearsals.interrupted_life import SETTLE, InterruptedLife
from tests.rehearsals.ledger_file import applied_migrations, schema
from tests.rehearsals.processes import Running, call, sandbox_process

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and process groups are POSIX")

KILLS = int(os.environ.get("TALLYBRIDGE_KILLS", "5"))
KILLS_PER_LIFE = 10
"""Then everything begins anew, so that many lines are made and a failing seed repeats soon."""
LIVES = [(seed, min(KILLS_PER_LIFE, KILLS - before)) for seed, before in enumerate(range(0, KILLS, KILLS_PER_LIFE), start=1)]
if "TALLYBRIDGE_KILL_SEED" in os.environ:
    LIVES = [(int(os.environ["TALLYBRIDGE_KILL_SEED"]), KILLS_PER_LIFE)]

LOG = logging.getLogger(__name__)


@pytest.mark.sqlite_only("processes with a ledger in a file; those with one in PostgreSQL are killed in test_workers.py")
@pytest.mark.parametrize(("seed", "kills"), LIVES)
def test_l5_whenever_a_run_is_killed_the_next_ones_bill_right_and_nothing_twice(seed: int, kills: int, tmp_path: Path) -> None:
    fleet = GrowingFleet(random.Random(seed))
    aim = random.Random(f"kills of {seed}")
    with sandbox_process(tmp_path, fleet.scenario(), settle=SETTLE) as sandbox:
        life = InterruptedLife(tmp_path, sandbox, fleet, days=random.Random(f"days of {seed}"), aim=aim)
        for _ in range(3 * kills):
            life.pass_a_day()
            life.kill_a_run()
            if life.kills < kills and aim.random() < 0.3:
                life.kill_a_run()
            life.make_good()
            life.require_right()
            if life.kills >= kills:
                break
        life.require_proof()
    LOG.info("seed %d: killed %s", seed, dict(life.landed))
    assert life.kills == kills
    assert life.landed["during the run"] + life.landed["with a write under way"] > 0, life.landed


CONFIGURATION = """
[integration]
name = "Integration with Tigerpaw"
time_zone = "UTC"

[source]
kind = "ksc"
url = "https://127.0.0.1:13299"
user = "tallybridge"
password = "secret"
fingerprint = "sha256:0000000000000000000000000000000000000000000000000000000000000000"

[destination]
kind = "tigerpaw"
url = "http://127.0.0.1:8085"
public_key = "00000000-0000-4000-8000-00000000AAAA"
private_key = "secret"
soap_user = "kaspersky"
soap_password = "secret"
external_product = "Kaspersky MSP"
dialect = "sandbox-0"

[[link]]
tenant = "Contoso Dental"
account = 1053145
agreement = 2041
"""
MIGRATIONS = {file.stem for file in Path(tallybridge.ledger.migrations.__path__[0]).glob("0*.py")}


@pytest.mark.sqlite_only("processes with a ledger in a file; those with one in PostgreSQL are killed in test_workers.py")
@pytest.mark.parametrize(("seed", "kills"), LIVES)
def test_a_home_whose_making_is_killed_is_made_whole_by_the_next_command(seed: int, kills: int, tmp_path: Path) -> None:
    """A home is one key, all tables and an empty chain; killed ones look like one that nobody disturbed, and nothing of the attempts is left."""
    decisions = random.Random(seed)
    config = tmp_path / "tallybridge.toml"
    config.write_text(CONFIGURATION, encoding="utf-8")
    config.chmod(0o600)
    undisturbed = tmp_path / "undisturbed"
    began = time.monotonic()
    first = call(tmp_path, "status", "--json", "--home", str(undisturbed))
    seconds = time.monotonic() - began
    killed = 0
    for number in range(3 * kills):
        home = tmp_path / f"home-{number}"
        for _ in range(decisions.choice([1, 1, 2])):
            with Running(tmp_path, ("status", "--json", "--home", str(home))) as making:
                killed += making.kill(home.exists, decisions.uniform(0, 0.7 * seconds))
        key_before = _content(home / "key")
        if number % 2:
            after = call(tmp_path, "status", "--json", "--home", str(home))
            assert (after.code, after.json["integrations"]) == (first.code, first.json["integrations"]), after.words
        else:
            verified = call(tmp_path, "verify", "--json", "--home", str(home))
            assert (verified.code, verified.json["ok"]) == (0, True), verified.words
        assert key_before in (None, _content(home / "key")), "a key that was there has been replaced"
        assert stat.S_IMODE((home / "key").stat().st_mode) == 0o600
        assert applied_migrations(home) == MIGRATIONS
        assert schema(home) == schema(undisturbed)
        assert _names(home) == _names(undisturbed)
        if killed >= kills:
            break
    assert killed >= kills


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None


def _names(home: Path) -> set[str]:
    """The files of a home, without those that the database keeps beside its own while somebody reads it."""
    return {file.name for file in home.iterdir()} - {"ledger.sqlite3-wal", "ledger.sqlite3-shm"}
