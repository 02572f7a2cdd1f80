#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Judges recordings of a pool that has grown. Their snapshots have the slots in use outside the default pool,
among them each one that is released during the recording. Pools that the kernel made for one mapping
(transient), by its own events, are in the snapshots with their device, hold bounces, and end.
usage: grown.py DIR
"""
import json
import pathlib
import re
import sys

from judge import check, finish, num, parts

here = pathlib.Path(sys.argv[1])
SLOT, SEGMENT = 2048, 128 * 2048


def pools_made():
    """(time in ns, start, end) of each pool, by the kernel's events. A transient one fits its mapping."""
    stamp = re.compile(r" (\d+)\.(\d+): made: .* start=(0x[0-9a-f]+) end=(0x[0-9a-f]+)$", re.M)
    return [(int(m[1]) * 10**9 + int(m[2].ljust(9, "0")), num(m[3]), num(m[4]))
            for m in stamp.finditer((here / "kernel.txt").read_text()) if num(m[3])]	# 0: no memory was free


def within(slot, pool):
    return pool[1] <= slot < pool[2]


class Trace:
    def __init__(self, path):
        self.name = path.name
        self.records = list(parts(map(json.loads, path.read_text().splitlines())))
        self.start = num(self.records[0]["start_ns"])
        self.end = self.start + num(self.records[-1]["t"])
        self.pool = [r for r in self.records if r["type"] == "pool" and r["name"] == "default"][-1]
        self.inside = range(num(self.pool["start"]), num(self.pool["end"]))
        self.live = [e for e in self.of("live") if num(e["slot"])]
        self.read = self.start + max(num(e["t"]) for e in self.of("live"))
        self.cut = sum(num(e["lost"]) for e in self.of("gap") if e["hook"] == "snapshot")
        devices = [e["dev"] for e in self.of("map", "unmap")]
        self.disk = max(set(devices), key=devices.count)

    def of(self, *types):
        return [e for e in self.records if e["type"] in types]

    def time(self, event):
        return self.start + num(event["t"])


def check_snapshot(trace):
    """A slot released after the snapshot was read, and not taken since the start, was in use then."""
    old = [(num(e["slot"]), num(e["size"]), e.get("dev")) for e in trace.live]
    taken, strange, known = set(), [], []
    for e in trace.of("bounce", "unbounce"):
        slot = num(e["slot"]) if e["slot"] else None
        if e["type"] == "bounce":
            taken.add(slot and slot // SLOT)
        elif trace.time(e) > trace.read and slot // SLOT not in taken and slot not in trace.inside:
            found = [dev for at, size, dev in old if at <= slot < at + size]
            (known if found else strange).append((slot, e["dev"], found))
    check(not strange or trace.cut, f"{trace.name}: released slots of added pools were in the snapshot"
          f"{f', or {trace.cut} slots are reported as unread' if trace.cut else ''}",
          f"{len(strange)} were not, {len(known)} were: {strange[:3]}")
    return known


def check_transient(trace, made):
    """Each pool that the kernel made for a mapping while all hooks were attached holds a bounce of the disk."""
    mine = [p for p in made if trace.read < p[0] < trace.end - 10**9]
    bounces = [(trace.time(e), num(e["slot"]), e["dev"]) for e in trace.of("bounce") if e["slot"]]
    wrong = []
    for p in mine:
        first = next((b for b in bounces if b[0] >= p[0] - 1000 and within(b[1], p)), None)
        if not first or first[2] != trace.disk:
            wrong.append((p, first))
    check(not wrong, f"{trace.name}: each pool that was made for a mapping holds a bounce of the disk",
          f"{len(wrong)} of {len(mine)}: {wrong[:3]}")
    maps = [e for e in trace.of("map") if num(e.get("slot") or 0) and
            any(within(num(e["slot"]), p) for p in mine)]
    odd = [e for e in trace.of("map") if e["path"] not in ("bounced", "failed")]
    # outside the default pool an unmap's address alone does not show its path
    odd += [e for e in trace.of("unmap") if e["path"] not in ("bounced", None)]
    check(not odd, f"{trace.name}: each mapping is bounced, and no unmap is reported as direct", odd[:3])
    return mine, maps


traces = [Trace(path) for path in sorted(here.glob("trace?.json"))]
before, grown = (int((here / name).read_text()) for name in ("slots", "grown"))
check(grown > before, "the kernel added slots before the recordings", f"{before}, then {grown}")
transient = [p for p in pools_made() if p[2] - p[1] <= SEGMENT]
added = sum(num(e["slot"]) not in t.inside for t in traces for e in t.live)
check(added, "slots of added pools are in the snapshots", added)
check([t for t in traces if not t.cut], "a snapshot is whole", [t.cut for t in traces])
released, made, mapped = [], [], []
for t in traces:
    check(t.pool["dynamic"] is True, f"{t.name}: the pool's record says that it grows", t.pool)
    released += check_snapshot(t)
    for seen, new in zip((made, mapped), check_transient(t, transient)):
        seen += new
check(released, "some were released during the recording", len(released))
check(made and mapped, f"{len(made)} pools were made for a mapping during a recording, "
      f"{len(mapped)} mappings have a slot of one", f"{len(transient)} in all")
old = [(t, e) for t in traces for e in t.live if
       [p for p in transient if p[0] < t.read and (p[1], p[2] - p[1]) == (num(e["slot"]), num(e["size"]))]]
check(old and not [e for t, e in old if e.get("dev") != t.disk],
      f"{len(old)} such pools are in the snapshots with their device", old[:3])
ended = [r for r in released if any(r[2])]	# slots of other pools are there without a device
check(ended and not [r for r in ended if [r[1]] != r[2]],
      f"{len(ended)} of them were released during the recording, by the device of the snapshot", ended[:3])

used = int((here / "used").read_text())
pool = json.loads((here / "trace3.report").read_text())["pools"][0]
check(int(pool["used"]) == used < grown, f"at the end {used} slots are in use, by the kernel and the report",
      pool)
few = [json.loads(line) for line in (here / "few.json").read_text().splitlines()]
lost = sum(num(r["lost"]) for r in few if r["type"] == "gap" and r["hook"] == "snapshot")
check(0 < lost < int((here / "few.slots").read_text()) and few[-1]["complete"] is False and
      (here / "few.status").read_text().strip() == "4",
      f"a snapshot of one pool reports {lost} slots of another as unread", (here / "few.err").read_text())
sys.exit(finish())
