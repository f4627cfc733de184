#!/usr/bin/env python3
"""Registers couples at a counter of a running standalone, one after the other, and prints what one costs.

    registration.py --url http://127.0.0.1:4000/graphql --pid PID --token "$(minzheng token --role registrar \
        --division 361103 --data DIR)" [--couples 100]

Each couple is five requests, as an officer makes them: the receipt, a declaration of each, the online checks,
the registration. Nobody in it exists: the county code 9901 was never issued. CPU is the operating system's
own accounting of the process. Start the endpoint with `--province 36`; couples of another run are married
already, so begin each run on a fresh data folder.
"""
import argparse
import json
import statistics
import time
import urllib.request

from measure import cpu_seconds

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
PAYLOAD = "application { id version state } userErrors { code messageEn }"


def number(born, order):
    """An identity number of nobody, with its check character (GB 11643-1999)."""
    first = f"369901{born}{order:03}"
    return first + "10X98765432"[sum(int(c) * w for c, w in zip(first, WEIGHTS)) % 11]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--pid", required=True, type=int)
    parser.add_argument("--token", required=True)
    parser.add_argument("--couples", type=int, default=100)
    given = parser.parse_args()

    def ask(query, variables):
        headers = {"content-type": "application/json", "authorization": f"Bearer {given.token}"}
        body = json.dumps({"query": query, "variables": variables}).encode()
        with urllib.request.urlopen(urllib.request.Request(given.url, body, headers)) as answer:
            told = json.load(answer)
        if told.get("errors"):
            raise SystemExit(told["errors"])
        return told["data"]

    def act(field, kind, form):
        done = ask(f"mutation ($input: {kind}!) {{ {field}(input: $input) {{ {PAYLOAD} }} }}", {"input": form})[field]
        if done["userErrors"]:
            raise SystemExit(f"{field}: {done['userErrors']}")
        return done["application"]

    near = "{ registriesNear(point: {longitude: 118.19, latitude: 28.44}, first: 1) { registry { id } } }"
    registry = ask(near, {})["registriesNear"][0]["registry"]["id"]
    staff = ask("query ($r: ID!) { marriageRegistrars(registry: $r) { id status } }", {"r": registry})
    registrar = next(one["id"] for one in staff["marriageRegistrars"] if one["status"] == "ACTIVE")

    def couple(n):
        """Man and woman of one couple: the days of 1990 and 1991, 400 of each sex a day."""
        day, order = divmod(n, 400)
        born = f"{1990 + day // 28:04}01{day % 28 + 1:02}"
        man, woman = number(born, order * 2 + 1), number(born, order * 2 + 2)
        key = f"load-{given.pid}-{n}"
        application = act("receiveApplication", "ReceiveApplicationInput", {
            "requestKey": f"{key}-1", "registry": registry, "registrar": registrar, "kind": "MARRIAGE",
            "man": man, "woman": woman})
        for role in ("MAN", "WOMAN"):
            application = act("recordDeclaration", "RecordDeclarationInput", {
                "requestKey": f"{key}-{role}", "application": application["id"], "version": application["version"],
                "role": role, "present": True, "questionedApart": True, "willing": True, "document": "ID_CARD",
                "documentNumber": f"paper {n}", "declaredStatus": "NEVER_MARRIED", "noSpouse": True,
                "noKinship": True, "illnessDutyExplained": True, "faceMatch": "PASS"})
        for step, field in (("3", "runOnlineChecks"), ("4", "registerMarriage")):
            application = act(field, "ApplicationStepInput", {
                "requestKey": f"{key}-{step}", "application": application["id"], "version": application["version"]})
        if application["state"] != "REGISTERED":
            raise SystemExit(f"not registered: {application}")

    couple(0)
    before, times = cpu_seconds([given.pid]), []
    for n in range(1, given.couples + 1):
        began = time.perf_counter()
        couple(n)
        times.append((time.perf_counter() - began) * 1000)
    used = (cpu_seconds([given.pid]) - before) * 1000 / given.couples
    print(f"{given.couples} registrations: {used:.1f} ms CPU each (five requests), "
          f"{statistics.median(times):.1f} ms p50, {max(times):.0f} ms slowest")


if __name__ == "__main__":
    main()
