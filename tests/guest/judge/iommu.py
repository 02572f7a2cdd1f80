#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Judges a recording in a guest whose devices are behind an IOMMU: each mapping against the
translations that QEMU's IOMMU made for the device (its trace events). It reads the trace as plain
JSON. Prints TAP.

usage: iommu.py DIR [KIND]	KIND: amd, intel (default), smmu, virtio
       iommu.py options KIND	prints QEMU's options for its trace events
"""
import collections
import gzip
import json
import os
import re
import sys

from addresses import check_addresses
from judge import check, finish, num, whole

PAGE = 4096
# The event of a translation, and its line: bus, slot and function or all in one, address, memory.
EVENTS = {
    "intel": ("vtd_dmar_translate",
              r"dev (?P<bus>\w+):(?P<slot>\w+)\.(?P<fn>\w+) iova (?P<iova>\w+) -> gpa (?P<gpa>\w+) "
              r"mask (?P<mask>\w+)"),
    "amd": ("amdvi_(?:translation_result|iotlb_hit hit iotlb)",
            r"devid:? (?P<bus>\w+):(?P<slot>\w+)\.(?P<fn>\w+) gpa (?P<iova>\w+) hpa (?P<gpa>\w+)"),
    "virtio": ("virtio_iommu_translate_out",
               r"(?P<iova>0x\w+) -> (?P<gpa>0x\w+) for sid=(?P<sid>\w+)"),
    "smmu": ("smmuv3_translate_success",
             r".*sid=(?P<sid>\w+) iova=(?P<iova>\w+) translated=(?P<gpa>\w+)"),
}


def device_of(line):
    """0000:00:02.0"""
    field = line.groupdict()
    if "sid" in field:
        sid = int(field["sid"], 0)
        bus, slot, fn = sid >> 8, sid >> 3 & 31, sid & 7
    else:
        bus, slot, fn = (int(field[i], 16) for i in ("bus", "slot", "fn"))
    return f"0000:{bus:02x}:{slot:02x}.{fn}"


def translations(path, kind, first, last):
    """Device -> page of DMA space -> pages of memory it was led to, between two marks."""
    event, rest = EVENTS[kind]
    seen = collections.defaultdict(lambda: collections.defaultdict(set))
    on = False
    for line in open(path, errors="replace"):
        if line.startswith("lab mark "):
            on = (on or line.split()[2] == first) and line.split()[2] != last
        elif on and (m := re.match(f"{event} {rest}", line)):
            iova, gpa = num(m["iova"]), num(m["gpa"])
            mask = num(m.groupdict().get("mask") or hex(PAGE - 1))
            for i in range(0, min(mask, 2**21) + 1, PAGE):
                seen[device_of(m)][(iova & ~mask) + i].add((gpa & ~mask) + i)
    return seen


def pages(dma, phys, size):
    """
    Pairs of pages; a mapping keeps its place in the page. The memory of a list is not known where
    the IOMMU made one piece of several.
    """
    start = dma & -PAGE
    for at in range(start, dma + size, PAGE):
        yield at, None if phys is None else (phys & -PAGE) + at - start


def led_somewhere(seen, r):
    """AMD's events do not have the page's size: one page may stand for all that a mapping has."""
    return any(dma in seen for dma, _ in pages(num(r["dma"]), None, num(r["size"])))


def memory_of(rows):
    """Page of DMA space -> pages of memory that it was mapped to."""
    memory = collections.defaultdict(set)
    for r in rows:
        for dma, phys in pages(num(r["dma"]), r["phys"] and num(r["phys"]), num(r["size"])):
            memory[dma].add(phys)
    return memory


def asked_pages(log, first, last):
    """Map requests to a virtio-iommu between two marks, by page: (DMA page, page of memory)."""
    asked, on = set(), False
    for line in open(log, errors="replace"):
        if line.startswith("lab mark "):
            on = (on or line.split()[2] == first) and line.split()[2] != last
        elif on and (m := re.match(r"virtio_iommu_map .*virt_start=(\w+) virt_end=(\w+) "
                                   r"phys_start=(\w+) ", line)):
            start, end, phys = (num(m.group(i)) for i in (1, 2, 3))
            asked |= {(start + i, phys + i) for i in range(0, end - start, PAGE)}
    return asked


def check_all(records, log):
    """
    The guest asks a virtio-iommu to map each page. The pages that it asked for during the load are in the
    trace, and it asked for every page that is in the trace. The memory of a list is not known.
    """
    seen = {p for r in records if r["type"] in ("map", "alloc")
            for p in pages(num(r["dma"]), r["phys"] and num(r["phys"]), num(r["size"]))}
    known = {p for p in seen if p[1] is not None}
    lists = {dma for dma, phys in seen if phys is None}
    asked, ever = asked_pages(log, "load", "end"), asked_pages(log, "before", "after")
    missing = sorted(p for p in asked - known if p[0] not in lists)
    check(asked and not missing, f"none of {len(asked)} pages that the guest asked to map is missing",
          missing[:10])
    check(not known - ever and lists <= {dma for dma, _ in ever},
          f"none of {len(seen)} in the trace is invented", sorted(known - ever)[:10])


def main():
    directory, kind = sys.argv[1], (sys.argv[2:] or ["intel"])[0]
    if directory == "options":
        events = {"amd": ["amdvi_translation_result", "amdvi_iotlb_hit"],
                  "virtio": [EVENTS[kind][0], "virtio_iommu_map"]}.get(kind, [EVENTS[kind][0]])
        print(*(f"--trace {event}" for event in events))
        return 0
    with gzip.open(os.path.join(directory, "trace.json.gz"), "rt") as f:
        records = [json.loads(line) for line in f]
    whole(records[-1])
    check_addresses(records)
    device = {r["dev"]: r for r in records if r["type"] == "device"}
    seen = translations(os.path.join(directory, "tce-trace.log"), kind, "before", "after")
    maps = collections.defaultdict(list)
    for r in records:
        if r["type"] == "map":
            maps[r["dev"]].append(r)
    check({r["path"] for rows in maps.values() for r in rows} == {"iommu"},
          "every mapping took the IOMMU's way", {k: len(v) for k, v in maps.items()})
    for key, rows in maps.items():
        name, driver = device[key]["name"], device[key]["driver"]
        memory = memory_of(rows)
        wrong, unused, count = [], [], 0
        for r in rows:
            for dma, phys in pages(num(r["dma"]), r["phys"] and num(r["phys"]),
                                   num(r["size"])):
                count += 1
                led = seen[name].get(dma)
                # an AMD IOMMU's event may stand for an earlier mapping of this page
                known = memory[dma] if kind == "amd" else set()
                if led and phys is not None and phys not in led and not led <= known:
                    wrong.append((r, led))
                if not led and not (kind == "amd" and led_somewhere(seen[name], r)):
                    unused.append(r)
        check(not wrong, f"{driver}: QEMU's IOMMU led none of {count} mapped pages elsewhere", wrong)
        if driver != "e1000":       # a card need not use every buffer it has
            check(count >= 16 and not unused, f"{driver}: it used each of them", unused)
    if kind == "virtio":
        check_all(records, os.path.join(directory, "tce-trace.log"))
    report = open(os.path.join(directory, "report.txt")).read()
    for key, rows in maps.items():
        line = re.search(rf"^{device[key]['name']} .*\n.*", report, re.M).group(0)
        check(re.match(rf"\S+ +\d+ +0 +0 +{len(rows)} ", line) and "-> IOMMU" in line,
              f"{device[key]['driver']}: the report counts {len(rows)} in the column iommu", line)
    check("bounced   iommu  coher." in report,
          "which it has here", report[:2000])
    return finish()


sys.exit(main())
