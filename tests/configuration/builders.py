"""Configuration files for the tests: a good one, and good ones with one thing changed."""

from __future__ import annotations

from pathlib import Path

from tallybridge.configuration import Configuration, KscSourceSettings

FINGERPRINT = "sha256:" + "ab" * 32

INTEGRATION = """\
[integration]
name = "Integration with Tigerpaw"
time_zone = "Europe/Berlin"
run_at = "02:30"
apply = "automatic"
"""

SOURCE = f"""\
[source]
kind = "ksc"
url = "https://127.0.0.1:13299"
user = "tallybridge"
password = "env:KSC_PASSWORD"
fingerprint = "{FINGERPRINT}"
key_scope = "used"
max_sessions = 2
"""

HUB_SOURCE = """\
[source]
kind = "business_hub"
folder = "exports"
export_days = 3
"""

DESTINATION = """\
[destination]
kind = "tigerpaw"
url = "http://127.0.0.1:8085"
public_key = "00000000-0000-4000-8000-00000000AAAA"
private_key = "env:TIGERPAW_PRIVATE_KEY"
soap_user = "kaspersky"
soap_password = "env:TIGERPAW_SOAP_PASSWORD"
external_product = "Kaspersky MSP"
write_mode = "soap"
dialect = "sandbox-0"
settle = 30
"""

LINK = """\
[[link]]
tenant = "Contoso Dental"
account = 1053145
agreement = 2041
billing = true
"""

APPLICATION = """\
[[application]]
name = "Kaspersky Endpoint Security for Business Advanced"
unit = "device"
match = [{ exact = "KESB Advanced, 100-149 nodes" }, { prefix = "Kaspersky Endpoint Security for Business - Advanced" }]
"""

MAPPINGS = """\
[[mapping]]
application = "Kaspersky Endpoint Security for Business Advanced"
windows_workstation = "KES-WKS"
windows_server = "KES-SRV"
non_windows = "KES-NIX"

[[mapping]]
application = "Kaspersky Endpoint Security for Business - Select"
item = "KES-SELECT"
"""

GOOD = "\n".join([INTEGRATION, SOURCE, DESTINATION, LINK, APPLICATION, MAPPINGS])


HUB_GOOD = "\n".join([INTEGRATION, HUB_SOURCE, DESTINATION, LINK, APPLICATION, MAPPINGS])


def write(folder: Path, text: str = GOOD, *, name: str = "tallybridge.toml", mode: int = 0o644) -> Path:
    """Writes a file that others may read, as most files are."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def changed(old: str, new: str, text: str = GOOD) -> str:
    """The good file with one passage changed, which must be there."""
    assert old in text, f"{old!r} is not in the good file"
    return text.replace(old, new, 1)


def ksc_source(configuration: Configuration) -> KscSourceSettings:
    """The source of a configuration that reads Security Center."""
    assert isinstance(configuration.source, KscSourceSettings)
    return configuration.source


def line_of(passage: str, text: str) -> int:
    """The line, counted from 1, in which the last occurrence of a passage begins."""
    return text[: text.rindex(passage)].count("\n") + 1
