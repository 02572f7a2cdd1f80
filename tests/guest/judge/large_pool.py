#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Compares the snapshot of a large pool with the slots that are in use by the kernel's own events.
usage: large_pool.py GUEST DIR
"""
import json
import pathlib
import re
import sys

import judge
from judge import check, finish, num

judge.about(sys.argv[1])
here = pathlib.Path(sys.argv[2])
SLOT, EACH = 2048, 262144
READ = 16 * (16352 // 24)	# slots that the tool of "make few-amd64" reads


def slots_of(first, size):
    return range(first // SLOT, (first + size) // SLOT)


def slots_in_use():
    """By the kernel's own events: those that were taken and not released, EACH bytes at a time."""
    use = set()
    for what, slot in re.findall(r" (got|gone): .* slot=(0x[0-9a-f]+)$", (here / "kernel.txt").read_text(), re.M):
        for n in slots_of(num(slot), EACH):
            (use.add if what == "got" else use.discard)(n)
    return use


def read(name):
    return [json.loads(line) for line in (here / name).read_text().splitlines()]


def slots_reported(records):
    return {n for r in records if r["type"] == "live" and num(r["slot"])
            for n in slots_of(num(r["slot"]), num(r["size"]))}


def lost(records):
    return sum(num(r["lost"]) for r in records if r["type"] == "gap" and r["hook"] == "snapshot")


total, used = (int((here / name).read_text()) for name in ("slots", "used"))
truth, whole, few = slots_in_use(), read("trace.json"), read("few.json")
pool = [r for r in whole if r["type"] == "pool"][-1]
check(total == 524288 and len(truth) == 2600 * EACH // SLOT, f"{len(truth)} of {total} slots are taken, by "
      "the module's mappings", (here / "fault.log").read_text())
check(max(truth) - min(truth) > total * 9 // 10, "they reach from one end of the pool to the other",
      (min(truth), max(truth)))
reported = slots_reported(whole)
check(truth <= reported and len(reported) == used, f"the snapshot has all {used} slots in use, and no other",
      f"missing {len(truth - reported)}, {len(reported)} in all")
judge.whole(whole[-1], "the trace is complete, and says so")
check(lost(whole) == 0, "and no slot is missing in it", lost(whole))
report = json.loads((here / "report.json").read_text())
check(int(report["pools"][0]["used"]) == used, "the report has as many slots in use", report["pools"])
first, part = num(pool["start"]) // SLOT, slots_reported(few)
check(lost(few) == total - READ and few[-1]["complete"] is False and
      (here / "few.status").read_text().strip() == "4",
      f"a tool that reads {READ} slots reports {total - READ} as unread", (here / "few.err").read_text())
check(part == {n for n in reported if n < first + READ}, f"of those it read it has the {len(part)} in use",
      len(part))
sys.exit(finish())
