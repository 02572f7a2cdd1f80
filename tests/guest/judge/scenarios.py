#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Two recordings of a scenario of doc/iommu.md: the one in examples/, which the page quotes, and one that was
just made by the page's command. Their reports must say the same, but for numbers. Prints TAP.

usage: scenarios.py NAME EXAMPLE NEW
       scenarios.py again NEW		says whether an incomplete one may be repeated (tests/run)
"""
import gzip
import json
import re
import subprocess
import sys

from judge import again, check, finish

TOOL = "build/amd64/dmascope"

PATHS = ("direct", "bounced", "iommu", "failed")


def numberless(text):
    return re.sub(r"0x[0-9a-f]+|\d+(\.\d+)?( ?(bytes?|[KMG]i?B?|[mun]?s))?", "N", text)


def report(path):
    p = subprocess.run([TOOL, "report", "--json", path], capture_output=True, text=True)
    if p.returncode:
        raise SystemExit(f"not ok - report of {path}: exit status {p.returncode} {p.stderr}")
    return json.loads(p.stdout)


def told(finding):
    return (finding["severity"], finding["id"], finding["device"], numberless(finding["evidence"]))


def used(device):
    """What an idle device says of itself depends on when it was looked at."""
    return any(int(p["maps"]) for p in device["paths"].values()) or device["user_mappings"]


def device_facts(device):
    paths = {k for k, p in device["paths"].items() if int(p["maps"])} & set(PATHS)
    return {"driver": device["driver"], "decision": device["decision"], "why": numberless(device["why"]),
            "external": device["external"], "domain": device["iommu_domain"], "paths": sorted(paths),
            "faults": device["iommu_faults"]}


def main():
    if sys.argv[1] == "again":
        with gzip.open(sys.argv[2], "rt", encoding="utf-8") as f:
            again(json.loads(f.readlines()[-1]))
        return 0
    name, example, new = sys.argv[1], report(sys.argv[2]), report(sys.argv[3])
    check(new["run"]["complete"], f"{name}: nothing was lost", new["run"])
    found = [[told(f) for f in r["findings"]] for r in (example, new)]
    check(found[0] == found[1], f"{name}: it has the findings of the example: "
          f"{', '.join(f[1] for f in found[0]) or 'none'}", found)
    there = {d["name"]: d for d in new["devices"]}
    for device in filter(used, example["devices"]):
        facts = [device_facts(d) for d in (device, there[device["name"]])]
        check(facts[0] == facts[1], f"{name}: {device['name']}: {device['decision']}, "
              f"{' and '.join(facts[0]['paths'])}", facts)
    return finish()


sys.exit(main())
