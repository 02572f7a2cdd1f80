#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Judges a run of sev/main in a sev guest whose memory was kept: that the lab keeps private memory
from the hypervisor's side, that what dmascope calls shared is what the kernel's page tables share
and what can be read from outside, and that nothing on its screens is of another architecture.
The trace is read as plain JSON. Prints TAP.

usage: sev.py DIR	what lab run --keep-memory wrote
"""
import gzip
import json
import mmap
import os
import re
import sys

from judge import check, finish, num

PAGE = 4096
# what only pseries has; the machine formats keep their fields
ELSEWHERE = re.compile(r"\b(tces?|liobn|ddw|hcalls?|ultracalls?|ucalls?|pseries|lppaca|svm)\b", re.I)
SCREENS = ("report", "report-all", "doctor", "doctor-v", "top", "top-replay", "metrics",
           "convert.openmetrics", "convert.perfetto", "report.json")


class Directory:
    """What a run left; its two views of memory, at the guest's physical addresses."""

    def __init__(self, path):
        self.path = path
        with gzip.open(self.file("trace.json.gz"), "rt") as f:
            self.records = [json.loads(line) for line in f]
        self.views = {}
        for view in ("shared", "private"):
            with open(self.file("sev-" + view), "rb") as f:
                self.views[view] = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)

    def file(self, name):
        return os.path.join(self.path, name)

    def text(self, name):
        return open(self.file(name), errors="replace").read()

    def data(self, name):
        return open(self.file(name), "rb").read()

    def found(self, view, data):
        return self.views[view].find(data) >= 0


def shared_pages(directory):
    """Mark -> pages that the kernel's page tables mapped as shared then (the plugin's log)."""
    state, label = {}, None
    for line in open(directory.file("ultravisor.log")):
        if (m := re.search(r" mark label=(\S+)", line)):
            label = m.group(1)
            state[label] = set()
        elif (m := re.search(r" shared gpa=(\w+) pages=(\d+)", line)):
            first = num(m.group(1)) // PAGE
            state[label] |= set(range(first, first + int(m.group(2))))
    return state


def pool(directory):
    m = re.search(r"software IO TLB: mapped \[mem (0x\w+)-(0x\w+)\]", directory.text("serial.log"))
    return num(m.group(1)), num(m.group(2))


def check_private(directory):
    word = directory.data("private").strip()
    check(directory.found("private", word), "a word in the guest's memory is in the private view")
    check(not directory.found("shared", word), "and nowhere in what the hypervisor sees")
    faults = [line for line in directory.text("tce-trace.log").splitlines() if "dmar_fault" in line]
    check(not faults, "no device was given an address of private memory", "\n".join(faults))


def check_content(directory):
    """
    Pages full of a number that were shared and filled with its complement (lab-fault's content):
    the ledger has them, each view holds its own content.
    """
    m = re.search(r"content: (\d+) done, (\d+) refused", directory.text("load.txt"))
    check(m and m.groups() == ("16", "0"), "16 pages that were shared changed content by it",
          directory.text("load.txt"))
    value = num(directory.text("value").strip())
    word, other = (v.to_bytes(8, "little") * (PAGE // 8) for v in (value, ~value & 2**64 - 1))
    stacks = {r["id"] for r in directory.records if r["type"] == "stack" and
              any("share_content" in f or "content+" in f for f in r["frames"])}
    told = [r for r in directory.records if r["type"] == "share" and r.get("stack") in stacks]
    places = [num(r["phys"]) for r in told if num(r["size"]) == PAGE]
    check(len(set(places)) == 16, "the ledger has 16 pages that the module shared", told)

    def held(view, data):
        return [p for p in places if directory.views[view][p:p + PAGE] == data]
    check(held("shared", other) == places and held("private", word) == places,
          "each holds in the shared view what was written when it was shared, in the private one "
          "what was before", f"{len(held('shared', other))} {len(held('private', word))}")
    found = [m.start() & -PAGE for m in re.finditer(re.escape(other[:64]), directory.views["shared"])]
    check(set(found) == set(places), "that content is nowhere else in the shared view",
          sorted(set(found) ^ set(places)))
    check(not directory.found("shared", word[:64]), "and the private content nowhere in it")


def check_written(directory):
    """Blocks written to the disk: where dmascope says they were copied to, the device saw them."""
    start, end = pool(directory)
    disk = {r["dev"] for r in directory.records
            if r["type"] == "device" and r.get("driver") == "virtio-pci"}
    writes = [r for r in directory.records if r["type"] == "map" and r["dev"] in disk and
              r["dir"] == "to_device" and num(r["size"]) == PAGE]
    check(len(writes) == 4, "four blocks were written, four mappings of that size recorded", writes)
    for i, r in enumerate(writes, 1):
        data, slot, phys = directory.data(f"disk{i}"), num(r["slot"]), num(r["phys"])
        shared = directory.views["shared"]
        check(r["path"] == "bounced" and start <= slot < end and shared[slot:slot + PAGE] == data,
              f"block {i} is in the shared view, in the slot that the trace names", r)
        check(shared[phys:phys + PAGE] != data and directory.found("private", data),
              f"block {i}'s own memory is private", r)


def pages_of(record):
    first = num(record["phys"]) // PAGE
    return set(range(first, first + num(record["size"]) // PAGE))


def check_ledger(directory):
    """The pages shared at the mark before, and each conversion of the trace, give those after."""
    state = shared_pages(directory)
    now, wrong, count = set(state["before"]), [], 0
    for r in sorted((r for r in directory.records if r["type"] in ("share", "unshare")),
                    key=lambda r: num(r["t"])):
        pages, count = pages_of(r), count + 1
        if (r["type"] == "share") == bool(pages & now) or (r["type"] == "unshare" and pages - now):
            wrong.append(r)
        now = now | pages if r["type"] == "share" else now - pages
    check(count >= 10, "the load converted pages", count)
    check(not wrong, f"each of {count} conversions changes pages that were in the other state", wrong)
    check(now == state["after"],
          f"the ledger leads from {len(state['before'])} shared pages to the {len(state['after'])} "
          "of the page tables",
          f"only the ledger: {sorted(now - state['after'])}\n"
          f"only the page tables: {sorted(state['after'] - now)}")
    start, end = pool(directory)
    told = [r for r in directory.records if r["type"] == "pool"][-1]
    whole = set(range(start // PAGE, end // PAGE))
    check((num(told["start"]), num(told["end"])) == (start, end) and whole <= state["after"],
          "the pool is the one of the boot line, and shared", told)
    check_report(directory, whole, state, now)


def check_report(directory, whole, state, now):
    """The report's list of shared memory: each page of it is shared, none of ours is missing."""
    listed = set()
    part = directory.text("verbs/report-all").split("\nSHARED with the hypervisor")[-1]
    for start, end in re.findall(r"^ +(0x\w+)-(0x\w+) ", part, re.M):
        listed |= set(range(num(start) // PAGE, num(end) // PAGE + 1))
    expected = whole | (now - state["before"])
    check(expected <= listed <= state["after"], "the report lists the pool and what was shared since",
          f"missing {sorted(expected - listed)} invented {sorted(listed - state['after'])}")


def check_screens(directory):
    for name in SCREENS:
        text = directory.text("verbs/" + name)
        said = sorted(set(m.group(0) for m in ELSEWHERE.finditer(text)))
        check(len(text) > 300 and not said, f"{name}: nothing of another architecture",
              f"{len(text)} characters; {said}")


def main():
    directory = Directory(sys.argv[1])
    header = directory.records[0]
    check(header["guest"] == "sev" and "SEV" in header["guest_how"], "a SEV guest, by its log", header)
    check(header["cpus"] == json.loads(directory.text("run.json"))["cpus"] > 1, "several CPUs", header)
    check_private(directory)
    check_content(directory)
    check_written(directory)
    check_ledger(directory)
    check_screens(directory)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
