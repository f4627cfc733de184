#!/usr/bin/env python3
"""Loads a running GraphQL endpoint with one operation and prints what it costs.

    measure.py --url http://127.0.0.1:4000/graphql --pid PID[,PID…] \
               --operation tests/operations/15-month-of-all-districts --token TOKEN \
               [--connections 50] [--seconds 10] [--rounds 3]

CPU is the operating system's own accounting of the given processes (user and system time from
/proc/PID/stat), so it counts what the server did and nothing of the load generator. Needs wrk
(Debian package `wrk`). Compare only figures of one run: machines differ and drift.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids):
    """User and system seconds that the processes have used so far."""
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident_mib(pids):
    """Resident memory of the processes together, in MiB."""
    pages = sum(int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def wrk(url, body, headers, connections, seconds):
    """One round of wrk: (requests, requests per second, p50 ms, p99 ms, failed)."""
    # A long bracket takes any bytes as they are; Lua knows no unicode escapes.
    lines = ['wrk.method = "POST"', f"wrk.body = [====[{body}]====]"]
    lines += [f"wrk.headers[{json.dumps(k)}] = {json.dumps(v)}" for k, v in headers.items()]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write("\n".join(lines) + "\n")
        script.flush()
        out = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script.name, url],
            check=True, capture_output=True, text=True).stdout
    def ms(percent):
        number, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", out).groups()
        return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    bad = (int(failed.group(1)) if failed else 0) + (sum(map(int, errors.groups())) if errors else 0)
    return requests, rate, ms(50), ms(99), bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--pid", required=True, help="processes to account, separated by commas")
    parser.add_argument("--operation", required=True, help="path of an operation without its suffix")
    parser.add_argument("--variables", help="JSON that stands in place of the operation's variables file")
    parser.add_argument("--token")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()

    base = pathlib.Path(args.operation)
    query = base.with_name(base.name + ".graphql").read_text()
    file = base.with_name(base.name + ".variables.json")
    variables = json.loads(args.variables) if args.variables else json.loads(file.read_text()) if file.exists() else {}
    body = json.dumps({"query": query, "variables": variables}, ensure_ascii=False)
    headers = {"content-type": "application/json"}
    if args.token:
        headers["authorization"] = f"Bearer {args.token}"
    pids = [int(pid) for pid in args.pid.split(",")]

    request = urllib.request.Request(args.url, body.encode(), headers)
    with urllib.request.urlopen(request) as answer:
        first = answer.read()
    if b'"errors"' in first:
        sys.exit(f"the operation answers with errors: {first[:500].decode(errors='replace')}")
    wrk(args.url, body, headers, args.connections, 2)  # warm-up

    rows = []
    for _ in range(args.rounds):
        before = cpu_seconds(pids)
        requests, rate, p50, p99, bad = wrk(args.url, body, headers, args.connections, args.seconds)
        rows.append(((cpu_seconds(pids) - before) / requests * 1000, rate, p50, p99, bad))
    cpu, rate, p50, p99, bad = (statistics.median(column) for column in zip(*rows))
    print(f"{base.name}: {cpu:.3f} CPU-ms/request  {rate:.0f} requests/s  p50 {p50:.2f} ms  "
          f"p99 {p99:.2f} ms  {resident_mib(pids):.0f} MiB  answer {len(first)} bytes  failed {bad:.0f}")


if __name__ == "__main__":
    main()
