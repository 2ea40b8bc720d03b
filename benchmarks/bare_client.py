"""The bare client: urllib3 alone, the recorded requests in their order over as many connections, replies read and thrown away.

In a process of its own; prints its measurements as one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import ssl
import threading
from pathlib import Path

import urllib3

from benchmarks.recording import Conversation, read_requests
from benchmarks.stopwatch import Stopwatch, peak_memory_mib


class BareClient:
    """Sends requests to the replay server."""

    def __init__(self, *, secured_port: int, plain_port: int, fingerprint: str, connections: int) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self._secured = urllib3.HTTPSConnectionPool(
            "127.0.0.1",
            secured_port,
            maxsize=connections,
            block=True,
            ssl_context=context,
            cert_reqs="CERT_NONE",
            assert_fingerprint=fingerprint.removeprefix("sha256:"),
        )
        self._plain = urllib3.HTTPConnectionPool("127.0.0.1", plain_port, maxsize=connections, block=True)
        self.bytes = 0

    def send_all(self, conversation: Conversation) -> None:
        """Sends one thread's requests in order."""
        received = 0
        for one in conversation.requests:
            pool = self._secured if one.secured else self._plain
            received += len(pool.request(one.method, one.path, body=one.body, headers=one.headers, retries=False, redirect=False).data)
        self.bytes += received


def main() -> None:
    """Sends everything once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recording", type=Path, required=True)
    parser.add_argument("--secured-port", type=int, required=True)
    parser.add_argument("--plain-port", type=int, required=True)
    parser.add_argument("--fingerprint", required=True)
    options = parser.parse_args()
    whole = Stopwatch.since_process_start()
    conversations = read_requests(options.recording)
    workers = [one for one in conversations if not one.main]
    run = Stopwatch()
    client = BareClient(
        secured_port=options.secured_port, plain_port=options.plain_port, fingerprint=options.fingerprint, connections=max(1, len(workers))
    )
    for conversation in conversations:
        if conversation.main:
            client.send_all(conversation)
    threads = [threading.Thread(target=client.send_all, args=(conversation,)) for conversation in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = run.spent()
    calls = sum(len(one.requests) for one in conversations)
    measured = {"cpu": spent.cpu, "wall": spent.wall, "process_cpu": whole.spent().cpu, "peak_mib": peak_memory_mib()}
    print(json.dumps({**measured, "calls": calls, "bytes": client.bytes}))


if __name__ == "__main__":
    main()
