#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Judges tests/guest/restricted: the pool of the device tree's overlay (inside/restricted/pool.dts) is
the one that all mappings of its devices bounce through; full, it is named, with a remedy for it. TAP.

usage: restricted.py DIR
"""
import gzip
import json
import os
import sys

import judge
from judge import check, num

out = sys.argv[1]
judge.about("restricted pool")
START, END, SLOT = 0x60000000, 0x60800000, 2048


def text(name):
    with open(os.path.join(out, name), encoding="utf-8") as f:
        return f.read()


def records(name):
    with gzip.open(os.path.join(out, name), "rt") as f:
        return list(judge.parts(json.loads(line) for line in f))


def check_pool(trace, report):
    """One pool besides the default one: the name, range and slots of the node."""
    own = [r for r in trace if r["type"] == "pool" and r["name"] != "default"]
    check(own and {(r["name"], num(r["start"]), num(r["end"])) for r in own} ==
          {("lab-pool@60000000", START, END)} and own[-1]["force_bounce"] == 1,
          "it has the name and the range of the node, and is forced", own)
    told = [p for p in report["pools"] if p["name"] == "lab-pool@60000000"]
    check(len(told) == 1 and len(report["pools"]) <= 2 and
          num(told[0]["slots"]) == (END - START) // SLOT == num(text("slots")),
          "the report has it once, with as many slots as the kernel says", report["pools"])


def check_mappings(trace):
    maps = [r for r in trace if r["type"] == "map" and r["path"] != "failed"]
    outside = [r for r in maps if r["path"] != "bounced" or not START <= num(r["slot"]) < END]
    check(len(maps) > 100 and not outside, f"each of {len(maps)} mappings has its slots in it", outside[:4])


def check_full(trace, report):
    pool = next(p for p in report["pools"] if p["name"] == "lab-pool@60000000")
    coherent, mapped = text("map.txt").splitlines()
    memory = [num(r["dma"]) for r in trace if r["type"] == "alloc"]
    check(coherent == "coherent: 4 done, 0 refused" and len(memory) == 4 and
          all(START <= dma < END for dma in memory), "coherent memory comes from it too", (coherent, memory))
    done = int(mapped.split()[1])
    refused = [r for r in trace if r["type"] == "map" and r["path"] == "failed"]
    check(0 < done < 33 and " 1 refused" in mapped and len(refused) == 1,
          f"{done} mappings of 256 KiB fit, and one more fails", (mapped, refused))
    check(num(pool["hiwater"]) >= done * 128, "the report has the slots that they took", pool)
    found = [f for f in report["findings"] if f["severity"] in ("error", "warning")]
    # coherent memory may have left room, in two pieces
    check(len(found) == 1 and found[0]["id"] in ("pool-full", "pool-fragmented") and
          found[0]["device"] == "0000:00:08.0" and "lab-pool@60000000" in found[0]["summary"],
          "that is the only fault, and the pool and the device are named", found)
    check(found and "restricted-dma-pool" in found[0]["action"] and "swiotlb= does not" in found[0]["action"],
          "the remedy is about the pool of the device tree", found)


load, full = records("trace.json.gz"), records("full.json.gz")
judge.whole(full[-1])
check_pool(load, json.loads(text("report.json")))
check_mappings(load)
check_full(full, json.loads(text("full-report.json")))
sys.exit(judge.finish())
