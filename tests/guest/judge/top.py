#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Compares top's objects with a trace of the same time and with the disk's counters. TAP."""
import collections
import gzip
import json
import os
import sys

import judge
from judge import check

out = sys.argv[1]


def path(*names):
    return os.path.join(out, *names)


def text(*names):
    with open(path(*names), encoding="utf-8") as f:
        return f.read()


def recorded():
    """Maps and bytes by device name and path."""
    names, maps, size = {}, collections.Counter(), collections.Counter()
    with gzip.open(path("load", "trace.json.gz"), "rt") as f:
        for line in f:
            r = json.loads(line)
            if r["type"] == "device":
                names[r["dev"]] = r["name"]
            elif r["type"] == "map":
                key = names[r["dev"]], r["path"]
                maps[key] += 1
                size[key] += int(r["size"])
    return maps, size


def total(frame):
    return {(d["name"], p): (int(c["maps"]), int(c["bytes"]))
            for d in frame["devices"] for p, c in d["paths"].items()}


frames = [json.loads(line) for line in text("load", "top.json").splitlines()]
first, last = frames[0], frames[-1]
judge.top_counted(last, text("load", "top.status"), text("load", "skipped"))
check(last["guest"] == "pef", "a PEF guest", last["guest"])
check(last["counts_from"] == "kernel", "counts are the kernel's", last["counts_from"])
check(first["maps_per_s"] is not None, "the first object has rates")
# A frame may be late, on a busy machine; the next one comes when it would have come anyhow.
took = [f["interval_ns"] for f in frames[1:]]
early = [(a, b) for a, b in zip(took, took[1:]) if a + b < 1e9]
check(not early and sum(took) > (len(took) - 1) * 1e9, "a second between them", str(took))

maps, size = recorded()
seen, before = total(last), total(first)
for name, way in (("0000:00:00.0", "bounced"), ("0000:00:01.0", "tce")):
    n, b = seen.get((name, way), (0, 0))
    n0, b0 = before.get((name, way), (0, 0))
    if way == "bounced":
        check(n - n0 == maps[name, way] > 0 and b - b0 == size[name, way],
              f"{name} {way}: top's {n - n0} maps are the recording's",
              f"recorded {maps[name, way]}, {size[name, way]} bytes; top {n - n0}, {b - b0}")
    else:
        # the network may say something of its own before and after the recording
        check(n - n0 >= maps[name, way] > 0 and n - n0 <= maps[name, way] + 20,
              f"{name} {way}: top's {n - n0} maps hold the recording's",
              f"recorded {maps[name, way]}, top {n - n0}")
check(not {k for k in seen if k[1] not in ("bounced", "tce", "coherent")}, "no path but these",
      str(seen))

a, b = (int(s) * 512 for s in text("load", "sectors").split())
mapped = seen["0000:00:00.0", "bounced"][1] - before.get(("0000:00:00.0", "bounced"), (0, 0))[1]
check(b - a <= mapped <= (b - a) * 1.01, "bytes bounced are the disk's, with its headers",
      f"the disk read {b - a}, mapped {mapped}")
summed = sum(f["maps_per_s"] * f["interval_ns"] / 1e9 for f in frames[1:])
counted = sum(n for n, _ in seen.values()) - sum(n for n, _ in before.values())
check(abs(summed - counted) <= max(2, counted * 0.01), "rates add up to the counts",
      f"{summed} and {counted}")
pool = last["pool"]
check(pool["slots"] == "32768" and pool["forced"] and not pool["used_estimate"], "the pool",
      str(pool))
frames = [json.loads(line) for line in text("load", "nodebugfs.json").splitlines()]
check(len(frames) == 3, "-n 3: three objects", f"{len(frames)}")
pool = frames[-1]["pool"]
check(pool["slots"] == "32768" and pool["used"] is not None and not pool["used_estimate"],
      "without debugfs, a device's state tells of its use", str(pool))
found = {(f["device"], f["id"]) for f in last["findings"]}
check(("0000:00:01.0", "private-dma") in found, "the device that is given private memory is found",
      str(found))
table = text("load", "top.txt")
check(table.count("PEF secure guest") == 2 and
      table.isascii() and "\033" not in table and "bounce: forced" in table,
      "tables without a terminal, in ASCII", table)

frame = json.loads(text("nopool", "nopool.json").splitlines()[0])
check(frame["findings"][0]["id"] == "no-bounce-pool", "no pool: the worst finding says so",
      str(frame["findings"])[:300])
check("there is no bounce pool" in text("nopool", "nopool.txt"), "and the table",
      text("nopool", "nopool.txt"))
sys.exit(judge.finish())
