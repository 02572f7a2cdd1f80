#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
A snapshot of a pool that has grown: it has slots in use outside the default pool, among them each such
slot that is released during the recording. usage: grown.py DIR
"""
import json
import pathlib
import sys

from judge import check, finish, num

here = pathlib.Path(sys.argv[1])
before, grown = (int((here / name).read_text()) for name in ("slots", "grown"))
check(grown > before, "the kernel added slots before the recordings", f"{before}, then {grown}")
added = whole = 0
for path in sorted(here.glob("trace?.json")):
    trace = [json.loads(line) for line in path.read_text().splitlines()]
    pool = [r for r in trace if r["type"] == "pool" and r["name"] == "default"][-1]
    inside = range(num(pool["start"]), num(pool["end"]))
    old = [(num(e["slot"]), num(e["size"])) for e in trace if e["type"] == "live" and num(e["slot"])]
    outside = [o for o in old if o[0] not in inside]
    added += len(outside)
    check(pool["dynamic"] is True, f"{path.name}: the pool's record says that it grows", pool)
    read = max(num(e["t"]) for e in trace if e["type"] == "live")
    # a slot released after the snapshot was read, and not taken since the start, was in use then
    taken, strange, known = set(), [], 0
    for e in trace:
        if e["type"] == "bounce" and e["slot"]:
            taken.add(num(e["slot"]) // 2048)
        elif e["type"] == "unbounce" and num(e["t"]) > read and num(e["slot"]) // 2048 not in taken:
            if any(at <= num(e["slot"]) < at + size for at, size in old):
                known += num(e["slot"]) not in inside
            elif num(e["slot"]) not in inside:
                strange.append(e)
    whole += known
    check(not strange, f"{path.name}: released slots of added pools were in the snapshot",
          f"{len(strange)} were not, {known} were: {strange[:3]}")
check(added, "slots of added pools are in the snapshots", added)
few = [json.loads(line) for line in (here / "few.json").read_text().splitlines()]
lost = sum(num(r["lost"]) for r in few if r["type"] == "gap" and r["hook"] == "snapshot")
check(0 < lost < grown and few[-1]["complete"] is False and
      (here / "few.status").read_text().strip() == "4",
      f"a snapshot of one pool says that {lost} slots of another are unread", (here / "few.err").read_text())
check(whole, "some were released during the recording", whole)
sys.exit(finish())
