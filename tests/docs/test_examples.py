"""The files and formats that the documents offer can be used as they stand."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tallybridge.sandbox import load_scenario, parse_scenario
from tallybridge.sandbox.certificate import Certificate
from tallybridge.sandbox.scenario import dump_scenario, parse_faults
from tests.docs.documents import ROOT, blocks, documents

UNITS = {"tallybridge.service": "serve", "tallybridge-worker.service": "worker --concurrency 2"}
"""The units of docs/systemd, and the command of each."""
REQUIRED = {"id", "name", "serial", "host", "public", "private", "number", "item_id", "detail_id"}


def scenario_examples() -> list[Any]:
    """The JSON blocks of the page on scenarios."""
    return [json.loads(block.text) for block in blocks("docs/reference/scenario.md") if block.language == "json"]


def test_the_scenario_of_the_first_steps_can_be_loaded() -> None:
    scenario = load_scenario(ROOT / "docs" / "examples" / "first-steps.json")
    assert [server.name for server in scenario.ksc.virtual_servers] == ["Contoso Dental", "Fabrikam Logistics", "Tailspin Toys"]


def test_the_documented_format_of_scenarios_shows_the_defaults() -> None:
    whole = scenario_examples()[1]
    assert dump_scenario(parse_scenario(_only_required(whole))) == dump_scenario(parse_scenario(whole))


def test_the_documented_fleet_and_fault_can_be_used() -> None:
    _, _, fleet, faults = scenario_examples()
    fleet["ksc"]["generate"] |= {"virtual_servers": 2, "hosts_each": 3}
    assert len(parse_scenario(fleet).tigerpaw.accounts) == 2
    assert parse_faults(faults)[0].do == "lose_reply"


@pytest.mark.parametrize("document", documents())
def test_every_json_and_toml_block_can_be_read(document: str) -> None:
    for block in blocks(document):
        if block.language == "json":
            json.loads(block.text)
        elif block.language == "toml":
            tomllib.loads(block.text)


@pytest.mark.parametrize(("name", "command"), UNITS.items())
def test_a_systemd_unit_is_accepted_by_systemd(name: str, command: str, tmp_path: Path) -> None:
    verifier = shutil.which("systemd-analyze")
    if verifier is None:
        pytest.skip("NOT CHECKED: there is no systemd-analyze on this machine, so nobody has looked at docs/systemd")
    text = (ROOT / "docs" / "systemd" / name).read_text(encoding="utf-8")
    program = "/opt/tallybridge/.venv/bin/tallybridge"
    assert f"ExecStart={program} {command}\n" in text
    # The program is not installed there on this machine; everything else is looked at as it stands.
    copy = tmp_path / name
    copy.write_text(text.replace(program, sys.executable), encoding="utf-8")
    looked_at = subprocess.run([verifier, "verify", str(copy)], capture_output=True, text=True, timeout=60, check=False)
    assert looked_at.returncode == 0, looked_at.stderr
    assert not re.search(re.escape(name) + r":\d+", looked_at.stderr), looked_at.stderr


def test_the_example_of_a_proxy_is_accepted_by_nginx(tmp_path: Path) -> None:
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    if nginx is None:
        pytest.skip("NOT CHECKED: there is no nginx on this machine, so nobody has looked at the example in docs/how-to/serve-the-console.md")
    (server,) = [block.text for block in blocks("docs/how-to/serve-the-console.md") if block.language == "nginx"]
    certificate = Certificate(tmp_path)
    named = re.sub(r"ssl_certificate_key .*;", f"ssl_certificate_key {certificate.ca_file.with_name('ksc-key.pem')};", server)
    named = re.sub(r"ssl_certificate  .*;", f"ssl_certificate {certificate.ca_file};", named)
    # Another port, because asking for 443 needs rights that whoever tests need not have.
    named = named.replace("listen 443 ssl;", "listen 127.0.0.1:48443 ssl;")
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid;\nerror_log {tmp_path}/errors;\nevents {{}}\nhttp {{\naccess_log off;\n{named}\n}}\n", encoding="utf-8")
    looked_at = subprocess.run([nginx, "-t", "-q", "-c", str(whole)], capture_output=True, text=True, timeout=60, check=False)
    assert looked_at.returncode == 0, looked_at.stderr


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_leaves_other_processes_visible(name: str) -> None:
    settings = [line for line in (ROOT / "docs" / "systemd" / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    hidden = [line for line in settings if line.startswith(("ProtectProc=", "ProcSubset=", "PrivatePIDs="))]
    assert hidden == [], "the lease of a run could not see that its owner is alive"


def _only_required(value: Any) -> Any:
    """The same scenario without the members that have a default; lists with entries and what holds them stay."""
    if isinstance(value, dict):
        kept = {name: _only_required(member) for name, member in value.items() if name in REQUIRED or _holds_records(member)}
        return kept | ({"external_products": value["external_products"]} if "external_products" in value else {})
    return [_only_required(one) for one in value] if isinstance(value, list) else value


def _holds_records(value: Any) -> bool:
    if isinstance(value, list):
        return any(isinstance(one, dict) for one in value)
    return isinstance(value, dict) and any(_holds_records(member) for member in value.values())
