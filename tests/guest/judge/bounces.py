#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Compares a trace with the kernel's own events, one by one: swiotlb:swiotlb_bounced (device, address
and size) and, where the kernel has them (from 6.12 on), dma:* (also direction and memory). It reads
the trace as plain JSON, not through the tool's reader. Prints TAP.

usage: bounces.py DIR

DIR holds trace.json.gz, kernel.txt (tracefs with trace_clock mono) and stats.txt; maybe joined.json.gz, recorded
without --hooks all.
"""
import collections
import gzip
import json
import os
import re
import sys

from addresses import check_addresses
from judge import check, finish, num, parts, whole


def kernel_events(path, first, last):
    """(device, dev_addr, size) of each event; between two times (ns), and all of them."""
    events, everything = collections.Counter(), collections.Counter()
    pattern = re.compile(r"\s(\d+)\.(\d+): swiotlb_bounced: dev_name: (\S+) dma_mask=\S+ "
                         r"dev_addr=(\w+) size=(\d+)")
    for line in open(path):
        m = pattern.search(line)
        if not m:
            continue
        t = int(m.group(1)) * 10**9 + int(m.group(2).ljust(9, "0"))
        key = (m.group(3), int(m.group(4), 16), int(m.group(5)))
        everything[key] += 1
        if first <= t <= last:
            events[key] += 1
    return events, everything


DIRECTION = {"TO_DEVICE": "to_device", "FROM_DEVICE": "from_device",
             "BIDIRECTIONAL": "bidirectional", "NONE": "none"}
STAMP = r"\s(\d+)\.(\d+): "


def kernel_mappings(path, first, last):
    """
    (what, device, direction, DMA address, size, memory) of each dma:* event; between two times,
    and all of them. An element of a list is a mapping.
    """
    inside, everything = collections.Counter(), collections.Counter()
    one = re.compile(STAMP + r"dma_(map|unmap)_(?:page|phys): (\S+) dir=(\w+) dma_addr=(\w+) "
                     r"size=(\d+)(?: phys_addr=(\w+))?")
    sg = re.compile(STAMP + r"dma_map_sg: (\S+) dir=(\w+) nents=(\d+)/(\d+) ents=(\d+)/(\d+) "
                    r"dma_addrs=\{(.*?)\} sizes=\{(.*?)\} phys_addrs=\{(.*?)\}")
    memory = re.compile(STAMP + r"dma_(alloc|free): (\S+) dir=\w+ dma_addr=(\w+) size=(\d+)")
    for line in open(path):
        keys = []
        m = one.search(line)
        if m:
            phys = int(m.group(8), 16) if m.group(8) else None
            keys = [(m.group(3), m.group(4), DIRECTION[m.group(5)], int(m.group(6), 16),
                     int(m.group(7)), phys)]
        elif (m := sg.search(line)):
            lists = [[int(x, 16) for x in m.group(i).split(",") if x] for i in (9, 10, 11)]
            keys = [("map", m.group(3), DIRECTION[m.group(4)], dma, size, phys)
                    for dma, size, phys in zip(*lists)]
        elif (m := memory.search(line)):
            keys = [(m.group(3), m.group(4), None, int(m.group(5), 16), int(m.group(6)), None)]
        t = int(m.group(1)) * 10**9 + int(m.group(2).ljust(9, "0")) if m else 0
        for key in keys:
            everything[key] += 1
            inside[key] += first <= t <= last
    return +inside, everything


def trace_mappings(records, name):
    told = collections.Counter()
    for r in records:
        what = r["type"]
        if what not in ("map", "unmap", "alloc", "free") or r["path"] == "failed":
            continue
        if what == "unmap" and r["hook"] == "unmap.sg":
            continue    # the kernel's event has no DMA addresses
        told[(what, name.get(r["dev"], "?"), r["dir"] if what in ("map", "unmap") else None,
              num(r["dma"]), num(r["size"]), num(r["phys"]) if what == "map" else None)] += 1
    return told


def compare_mappings(directory, records, name, start, end):
    truth, before = kernel_mappings(os.path.join(directory, "kernel.txt"), start, end)
    if not before:
        return
    told = trace_mappings(records, name)

    def rows(counter):
        return "\n".join(f"{n} x {key}" for key, n in counter.items())
    kinds = collections.Counter()
    for key, n in truth.items():
        kinds[key[0]] += n
    check(not truth - told and not told - before,
          f"all {sum(truth.values())} dma:* events agree: device, direction, addresses, size",
          f"only the kernel:\n{rows(truth - told)}\nonly the trace:\n{rows(told - before)}")
    print(f"# {dict(kinds)}")


def show(counter):
    return "\n".join(f"{n} x {dev} {addr:#x} {size}" for (dev, addr, size), n in counter.items())


def per_device(events):
    count = collections.Counter()
    for (dev, _, _), n in events.items():
        count[dev] += n
    return dict(count)


def sizes(events):
    """How often which device asked for how many bytes."""
    count = collections.Counter()
    for (dev, _, size), n in events.items():
        count[(dev, size)] += n
    return count


def compare_joined(directory):
    """A recording with one record for a mapping and its slots: what it leaves out, the kernel's events have."""
    with gzip.open(os.path.join(directory, "joined.json.gz"), "rt") as f:
        written = [json.loads(line) for line in f]
    records = list(parts(written))
    whole(written[-1], "one record for two: the footer says that nothing was lost")
    name = {r["dev"]: r["name"] for r in records if r["type"] == "device"}
    start = num(written[0]["start_ns"])
    truth, _ = kernel_events(os.path.join(directory, "kernel.txt"), start, start + num(written[-1]["t"]))
    told = {kind: collections.Counter((name.get(r.get("dev"), "?"), num(r["size"])) for r in records
                                      if r["type"] == kind) for kind in ("bounce", "unbounce")}
    ended = collections.Counter((name.get(r["dev"], "?"), num(r["size"])) for r in records
                                if r["type"] == "unmap" and r["path"] == "bounced")
    hooks = {r["hook"]: r for r in records if r["type"] == "hook"}
    if not hooks["swiotlb.map"]["attach"]:
        return
    check(told["bounce"] == sizes(truth), "one record for two: each of the kernel's bounces, and no other",
          f"{told['bounce']}\n{sizes(truth)}")
    check(told["unbounce"] == ended, "one record for two: slots end with their mappings",
          f"{told['unbounce']}\n{ended}")
    also = collections.Counter(r["also"] for r in written if "also" in r)
    print(f"# {len(written)} records instead of {len(records)}: {dict(also)}")
    # lists of several elements have records of their own, and so has a mapping that an interrupt divides
    single = sum(r["type"] == "map" and r["hook"] == "map" and r["path"] == "bounced" for r in written)
    check(also["swiotlb.map"] * 10 >= single * 9 > 0, "one record for two: nine in ten of those of no list",
          f"{also} of {single}")


def main():
    directory = sys.argv[1]
    with gzip.open(os.path.join(directory, "trace.json.gz"), "rt") as f:
        records = list(parts(json.loads(line) for line in f))
    header, footer = records[0], records[-1]
    whole(footer)
    check_addresses(records)
    lost = [line for line in open(os.path.join(directory, "stats.txt"))
            if re.match(r"(overrun|dropped events|commit overrun): [1-9]", line)]
    check(not lost, "the kernel's own buffer lost nothing", "".join(lost))

    name = {r["dev"]: r["name"] for r in records if r["type"] == "device"}
    start = num(header["start_ns"])
    truth, before = kernel_events(os.path.join(directory, "kernel.txt"), start,
                                  start + num(footer["t"]))
    told = collections.Counter()
    requests, slots, mapped = (collections.Counter() for _ in range(3))
    for r in records:
        dev = name.get(r.get("dev"), "?")
        if r["type"] == "bounce_request":
            told[(dev, num(r["dma"]), num(r["size"]))] += 1
            requests[dev] += 1
        elif r["type"] == "bounce":
            slots[dev] += 1
        elif r["type"] == "map" and (r["path"] == "bounced" or
                                     "no_slot" in (r.get("flags") or [])):
            mapped[dev] += 1
    total = sum(truth.values())
    check(total >= 100, "the load bounced", total)
    # what came while hooks were still being attached may be in the trace, but need not
    check(not truth - told and not told - before,
          f"all {total} bounces agree with the kernel's events: device, address, size",
          f"only the kernel:\n{show(truth - told)}\nonly the trace:\n{show(told - before)}")
    hooks = {r["hook"]: r for r in records if r["type"] == "hook"}
    if hooks["swiotlb.map"]["attach"]:
        check(slots == requests, "each led to one search for slots", f"{requests}\n{slots}")
    check(mapped == requests, "each is one mapping that bounced", f"{requests}\n{mapped}")
    compare_mappings(directory, records, name, start, start + num(footer["t"]))
    if os.path.exists(os.path.join(directory, "joined.json.gz")):
        compare_joined(directory)
    print(f"# per device: {per_device(truth)}")
    return finish()


sys.exit(main())
