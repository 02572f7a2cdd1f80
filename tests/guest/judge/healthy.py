#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Judges a recording of a guest in which nothing is wrong: no finding is an error or a warning, and each
device's mappings took the path that was predicted for it. Prints TAP.

usage: healthy.py REPORT_JSON [FINDING...]	FINDINGs are true there all the same
"""
import json
import sys

import judge
from judge import check

# A decision's first word, and the paths that it predicts.
PREDICTED = {"bounce": {"bounced"}, "TCE": {"tce"}, "IOMMU": {"iommu", "bounced"}, "direct": {"direct"},
             "direct below": {"direct", "bounced"}, "hybrid": {"direct", "tce"}}


def predicted(decision):
    for word in sorted(PREDICTED, key=len, reverse=True):
        if decision.startswith(word):
            return PREDICTED[word]
    return None


with open(sys.argv[1], encoding="utf-8") as f:
    report = json.load(f)
wrong = [f"{f['severity']} {f['id']} {f['device']}: {f['evidence']}" for f in report["findings"]
         if f["severity"] in ("error", "warning") and f["id"] not in sys.argv[2:]]
check(not wrong, "no finding is an error or a warning", "\n".join(wrong))
check(not [f for f in report["findings"] if f["id"] == "unexpected-path"], "no path was unexpected",
      report["findings"])
alarmed = [f"{d['name']}: {d['decision']}" for d in report["devices"]
           if "NOT bounced" in d["decision"] or "NO BOUNCE POOL" in d["decision"]]
check(not alarmed, "no device is said to be given private memory", "\n".join(alarmed))
seen, other = 0, []
for device in report["devices"]:
    paths = {p for p, c in device["paths"].items() if int(c["maps"]) and p != "coherent"}
    if not paths or not device["decision"]:
        continue
    seen += 1
    want = predicted(device["decision"])
    if not want or not paths <= want:
        other.append(f"{device['name']}: predicted \"{device['decision']}\", seen {sorted(paths)}")
check(seen and not other, f"the mappings of {seen} devices took the predicted path", "\n".join(other))
sys.exit(judge.finish())
