"""Requests by wrk: as many as the server answers."""

import json
import os
import secrets

from bench.load.servers import call, program
from embedded import ROOT, Stop

LUA = ROOT / "bench" / "load" / "api.lua"


def requests(port: int, name: str, key: str, customers: int, clients: int, seconds: int) -> dict[str, float]:
    """How many were answered in how many seconds, and their latencies. Each must have been answered with success."""
    wrk, url = program("wrk", os.defpath), f"http://127.0.0.1:{port}"
    words = [name, key, customers, secrets.token_hex(8)]
    said = call([wrk, "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s", "-s", LUA, url, "--", *words])
    run = json.loads(said.splitlines()[-1])
    if run["refused"] or run["broken"] or not run["requests"]:
        raise Stop(f"Of the requests for {name} some failed: {run}")
    return run
