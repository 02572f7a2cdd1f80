#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Judges test_quiet: every card and disk was used, the recording is whole, and no finding is an error or a
warning. Prints TAP.

usage: quiet.py GUEST DIR
"""
import gzip
import json
import os
import sys

import judge
from judge import check

guest, out = sys.argv[1:]
with open(os.path.join(out, "report.json"), encoding="utf-8") as f:
    report = json.load(f)
with open(os.path.join(out, "load.txt"), encoding="utf-8") as f:
    load = dict(line.split() for line in f if len(line.split()) == 2)
with gzip.open(os.path.join(out, "trace.json.gz"), "rt", encoding="utf-8") as f:
    footer = json.loads(f.readlines()[-1])
used = [d["name"] for d in report["devices"]
        if d["driver"] and any(int(c["maps"]) for c in d["paths"].values())]
check(int(load.get("cards", 0)) == 5 and int(load.get("disks", 0)) == 5,
      f"{guest}: five cards and five disks", load)
check(int(load.get("rounds", 0)) >= 3, f"{guest}: {load.get('rounds')} rounds of load", load)
check(len(used) >= 10, f"{guest}: {len(used)} devices mapped", "\n".join(used))
judge.whole(footer, f"{guest}: nothing was lost")
wrong = [f"{f['severity']} {f['id']} {f['device']}: {f['evidence']}" for f in report["findings"]
         if f["severity"] in ("error", "warning")]
check(not wrong, f"{guest}: no error and no warning", "\n".join(wrong))
sys.exit(judge.finish())
