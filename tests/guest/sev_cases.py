#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Judges what goes wrong in SEV guests, one case a boot: what dmascope says against what the emulator
saw, the kernel's log and the commands that provoked it. The trace is read as plain JSON. Prints TAP.

usage: sev_cases.py CASE DIR	CASE is noforce; DIR is what lab run wrote
"""
import collections
import gzip
import json
import os
import re
import sys

PAGE = 4096
C_BIT = 1 << 39		# tools/lab/plugins/sev-firmware.c
results = []


def check(ok, name, detail=""):
    results.append(ok)
    print(f"{'ok' if ok else 'not ok'} {len(results)} - {sys.argv[1]}: {name}")
    for line in ([] if ok else str(detail).splitlines()[:20]):
        print(f"# {line[:300]}")


def num(value):
    return int(value, 0) if isinstance(value, str) else value


class Run:
    """The files of a run; findings as id -> device -> finding ("" is the guest itself)."""

    def __init__(self, directory):
        self.directory = directory

    def text(self, name):
        return open(os.path.join(self.directory, name), errors="replace").read()

    def records(self, name="trace.json.gz"):
        with gzip.open(os.path.join(self.directory, name), "rt") as f:
            return [json.loads(line) for line in f]

    def findings(self, name="report.json"):
        found = collections.defaultdict(dict)
        for f in json.loads(self.text(name).splitlines()[-1])["findings"]:
            found[f["id"]][f["device"] or ""] = f
        return found


def device_faults(run, first, last):
    """PCI name -> addresses that devices were refused between two marks (QEMU's own trace)."""
    faults, on = collections.defaultdict(list), False
    for line in run.text("tce-trace.log").splitlines():
        if line.startswith("lab mark "):
            on = (on or line.split()[2] == first) and line.split()[2] != last
        elif on and (m := re.match(r"vtd_dmar_fault sid (\w+) fault \d+ addr (\w+)", line)):
            sid = num(m.group(1))
            name = f"0000:{sid >> 8:02x}:{sid >> 3 & 31:02x}.{sid & 7}"
            faults[name].append(num(m.group(2)))
    return faults


def noforce(run):
    """
    The kernel gives private memory to the virtio network card and the NVMe disk; a 32-bit card it
    refuses; a virtio disk without ACCESS_PLATFORM it refuses as a whole.
    """
    net, nvme, e1000, bare = ("0000:00:02.0", "0000:00:03.0", "0000:00:01.0", "0000:00:04.0")
    records, found = run.records(), run.findings()
    name = {r["dev"]: r["name"] for r in records if r["type"] == "device"}
    # the load is within what was recorded, that within the outer marks
    faults, outer = (device_faults(run, *m) for m in (("load", "loadend"), ("before", "after")))
    check(set(faults) == {net, nvme}, "two devices reached for private memory", set(faults))
    check(set(found["private-dma"]) == set(faults),
          "private-dma names those devices and no other", found["private-dma"])
    maps = collections.defaultdict(list)
    for r in records:
        if r["type"] == "map" and r["path"] != "failed":
            maps[name[r["dev"]]].append((num(r["dma"]), num(r["size"]), r["path"]))
    private = {d: [m for m in rows if m[0] & C_BIT] for d, rows in maps.items()}
    for d in sorted(faults):
        wild = [hex(a) for a in faults[d]
                if not any(dma <= a < dma + size for dma, size, _ in private[d])]
        check(not wild, f"{d}: each of {len(faults[d])} refused addresses is of a recorded mapping",
              wild)
        idle = [m for m in private[d] if not any(m[0] <= a < m[0] + m[1] for a in outer[d])]
        check(not idle and {m[2] for m in private[d]} == {"direct"} and private[d] == maps[d],
              f"{d}: each of {len(maps[d])} mappings is direct, private, and was refused", idle)
    refused = sum(1 for r in records if r["type"] == "map" and r["path"] == "failed" and
                  name[r["dev"]] == e1000)
    check(refused and not maps[e1000] and set(found["map-failed"]) == {e1000} and
          "C-bit" in found["map-failed"][e1000]["summary"],
          f"e1000: its {refused} mappings were refused, for its mask", found["map-failed"])
    check("device must provide VIRTIO_F_ACCESS_PLATFORM" in run.text("dmesg.txt") and
          set(found["virtio-no-access-platform"]) == {bare},
          "the virtio disk that the kernel refuses is named", found["virtio-no-access-platform"])
    check("swiotlb=noforce" in found["no-bounce-pool"].get("", {}).get("action", ""),
          "the pool is missing, by swiotlb=noforce", found["no-bounce-pool"])
    check(net in run.findings("top.json")["private-dma"], "top names the device under load",
          run.text("top.json")[:900])


def main():
    globals()[sys.argv[1]](Run(sys.argv[2]))
    return 0 if results and all(results) else 1


sys.exit(main())
