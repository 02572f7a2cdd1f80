#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Judges a recording made under lockdown=confidentiality: complete, by trace events alone, every
bounce counted (the disks' own statistics say how much was read), and honest about the rest.
Prints TAP.

usage: lockdown.py DIR NAME
"""
import collections
import gzip
import json
import os
import sys

import judge
from addresses import check_addresses
from judge import check, num

DISKS = {"vda": "virtio-pci", "nvme0n1": "nvme"}


def text(name):
    path = os.path.join(sys.argv[1], name)
    return open(path, errors="replace").read() if os.path.exists(path) else ""


def disk_stats(name):
    """Disk -> (requests, bytes) read so far: Documentation/admin-guide/iostats.rst"""
    out = {}
    for line in text(name).splitlines():
        f = line.split()
        out[f[0]] = (int(f[1]), int(f[3]) * 512)
    return out


def check_disk(disk, records, dev):
    before, after = disk_stats("before")[disk], disk_stats("after")[disk]
    requests, size = after[0] - before[0], after[1] - before[1]
    maps = [r for r in records if r["type"] == "map" and r.get("dev") == dev]
    data = [r for r in maps if r["dir"] == "from_device" and num(r["size"]) >= 512]
    paths = collections.Counter(r["path"] for r in maps)
    asked = sum(1 for r in records if r["type"] == "bounce_request" and r.get("dev") == dev)
    check(size > 4 << 20, f"{disk} read something", size)
    check(set(paths) == {"bounced"}, f"{disk}: each of its {len(maps)} mappings bounced", paths)
    told = sum(num(r["size"]) for r in data)
    check(told == size, f"{disk}: the mappings are the {size} bytes the disk says it read", told)
    if disk == "vda":
        status = sum(1 for r in maps if num(r["size"]) == 1)
        check(status == requests, f"vda: one status byte for each of {requests} requests", status)
    check(asked == len(maps), f"{disk}: as many attempts to bounce as mappings",
          f"{asked} attempts, {len(maps)} mappings")
    unmaps = sum(1 for r in records if r["type"] == "unmap" and r.get("dev") == dev)
    check(unmaps == len(maps), f"{disk}: each was given back", f"{len(maps)} {unmaps}")


def check_hooks(records):
    hooks = [r for r in records if r["type"] == "hook"]
    used = {r["attach"] for r in hooks if r["attach"]}
    check(used == {"tp_btf"}, "only tp_btf programs are attached", used)
    need = {"map", "unmap", "map.sg", "unmap.sg", "alloc", "free", "swiotlb.bounced"}
    have = {r["hook"] for r in hooks if r["attach"]}
    check(need <= have, "map, unmap, sg, coherent and bounce events are", need - have)
    # what another hook reports too, or nothing here calls, is not missing
    needless = ("not needed: ", "no device is behind an IOMMU")
    silent = [r for r in hooks if not r["attach"] and
              not (r["reason"].startswith(needless) and not r["lost"]) and
              ("lockdown" not in r["reason"] or not r["lost"])]
    check(not silent, "what is missing names lockdown, and what is lost", silent)
    lists = [r for r in hooks if r["hook"] == "map.sg" and "lockdown" in r["reason"]]
    check(lists and "could not be mapped" in lists[0]["lost"],
          "of lists that are refused no event tells: that is said", lists)


def check_secure(records):
    """A secure guest: what lockdown hides of its conversions is said, not counted as 0."""
    if records[0]["guest"] in (None, "none"):
        return
    shared = text("report.txt").split("\nSHARED with the hypervisor")[-1].split("\n\n")[0]
    check("conversions were not counted" in shared, "report: conversions were not counted", shared)
    line = [row for row in text("top.txt").splitlines() if row.startswith("shared")]
    check(line and "conversions are not seen" in line[0], "top: conversions are not seen", line)
    top = json.loads(text("top.json").splitlines()[-1])["shared"]
    check(top["conversions_per_s"] is None and top["seen_bytes"] is None, "top --json: null", top)
    check("\nFINDINGS: none" in text("report.txt"), "a healthy guest has no finding",
          text("report.txt")[:900])


def main():
    judge.about(sys.argv[2])
    check("[confidentiality]" in text("lockdown"), "the guest is locked down", text("lockdown"))
    check(text("record.status").strip() in ("0", "4"), "record worked",
          text("record.status") + text("record.err"))
    with gzip.open(os.path.join(sys.argv[1], "trace.json.gz"), "rt") as f:
        records = [json.loads(line) for line in f]
    footer = records[-1]
    judge.whole(footer)
    check_addresses(records)
    check_hooks(records)
    check_secure(records)
    dev = {r.get("driver"): r["dev"] for r in records if r["type"] == "device"}
    for disk in disk_stats("after"):
        check_disk(disk, records, dev.get(DISKS[disk]))
    check(text("report.status").strip() in ("0", "4") and "lockdown" in text("report.txt"),
          "report works and names lockdown", text("report.err") + text("report.txt")[:600])
    check(text("top.status").strip() in ("0", "4") and "virtio" in text("top.txt"),
          "top works and shows the disk", text("top.err") + text("top.txt")[:600])
    check("lockdown" in text("top.txt"), "top says why columns are empty", text("top.txt")[:900])
    check(text("doctor.status").strip() == "4", "doctor says degraded (4)", text("doctor.status"))
    return judge.finish()


sys.exit(main())
