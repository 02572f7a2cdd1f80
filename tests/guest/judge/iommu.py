#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Judges a recording in an x86 guest whose devices are behind an IOMMU: each mapping against the
translations that QEMU's IOMMU made for the device (vtd_dmar_translate). It reads the trace as plain
JSON. Prints TAP.

usage: iommu.py DIR
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


def translations(path, first, last):
    """Device -> page of DMA space -> pages of memory it was led to, between two marks."""
    seen = collections.defaultdict(lambda: collections.defaultdict(set))
    on = False
    for line in open(path, errors="replace"):
        if line.startswith("lab mark "):
            on = (on or line.split()[2] == first) and line.split()[2] != last
        elif on and (m := re.match(r"vtd_dmar_translate dev (\w+):(\w+)\.(\w+) iova (\w+) -> "
                                   r"gpa (\w+) mask (\w+)", line)):
            bus, slot, fn = (int(m.group(i), 16) for i in (1, 2, 3))
            iova, gpa, mask = (num(m.group(i)) for i in (4, 5, 6))
            for i in range(0, min(mask, 2**21) + 1, PAGE):
                seen[f"0000:{bus:02x}:{slot:02x}.{fn}"][(iova & ~mask) + i].add((gpa & ~mask) + i)
    return seen


def pages(dma, phys, size):
    """
    Pairs of pages; a mapping keeps its place in the page. The memory of a list is not known where
    the IOMMU made one piece of several.
    """
    start = dma & -PAGE
    for at in range(start, dma + size, PAGE):
        yield at, None if phys is None else (phys & -PAGE) + at - start


def main():
    directory = sys.argv[1]
    with gzip.open(os.path.join(directory, "trace.json.gz"), "rt") as f:
        records = [json.loads(line) for line in f]
    whole(records[-1])
    check_addresses(records)
    device = {r["dev"]: r for r in records if r["type"] == "device"}
    seen = translations(os.path.join(directory, "tce-trace.log"), "before", "after")
    maps = collections.defaultdict(list)
    for r in records:
        if r["type"] == "map":
            maps[r["dev"]].append(r)
    check({r["path"] for rows in maps.values() for r in rows} == {"iommu"},
          "every mapping took the IOMMU's way", {k: len(v) for k, v in maps.items()})
    for key, rows in maps.items():
        name, driver = device[key]["name"], device[key]["driver"]
        wrong, unused, count = [], [], 0
        for r in rows:
            for dma, phys in pages(num(r["dma"]), r["phys"] and num(r["phys"]),
                                   num(r["size"])):
                count += 1
                led = seen[name].get(dma)
                if led and phys is not None and phys not in led:
                    wrong.append((r, led))
                if not led:
                    unused.append(r)
        check(not wrong, f"{driver}: QEMU's IOMMU led none of {count} mapped pages elsewhere", wrong)
        if driver != "e1000":       # a card need not use every buffer it has
            check(count >= 16 and not unused, f"{driver}: it used each of them", unused)
    report = open(os.path.join(directory, "report.txt")).read()
    for key, rows in maps.items():
        line = re.search(rf"^{device[key]['name']} .*\n.*", report, re.M).group(0)
        check(re.match(rf"\S+ +\d+ +0 +0 +{len(rows)} ", line) and "-> IOMMU" in line,
              f"{device[key]['driver']}: the report counts {len(rows)} in the column iommu", line)
    check("bounced   iommu  coher." in report,
          "which it has here", report[:2000])
    return finish()


sys.exit(main())
