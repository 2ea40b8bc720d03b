"""The sandbox with a generated fleet, in a process of its own: prints one line of JSON once it serves, and stops when its stdin ends."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tallybridge.sandbox import Sandbox, write_declaration


def main() -> None:
    """Serves until stdin ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--virtual-servers", type=int, required=True)
    parser.add_argument("--hosts", type=int, required=True)
    parser.add_argument("--keys", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--config", type=Path, required=True, help="where to write a configuration that links and maps the whole fleet")
    options = parser.parse_args()
    fleet = {"virtual_servers": options.virtual_servers, "hosts_each": options.hosts, "keys_each": options.keys, "seed": options.seed}
    with Sandbox({"ksc": {"generate": fleet}, "tigerpaw": {"generate": {"match_ksc": True}}}) as sandbox:
        write_declaration(options.config, sandbox.world.scenario, sandbox.announcement)
        print(json.dumps({"ksc_url": sandbox.ksc_url, "fingerprint": sandbox.fingerprint, "tigerpaw_url": sandbox.tigerpaw_url}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
