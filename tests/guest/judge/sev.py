#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Judges a run of sev/main in a guest whose RAM exists twice (sev, sev-es, snp, tdx, cca) and was kept:
that the lab keeps private memory from the hypervisor's side, that the memory which dmascope reports
as shared is the memory that the guest's calls and page tables share and that can be read from outside,
and that nothing on its screens is of another architecture. The trace is read as plain JSON. Prints TAP.

usage: sev.py DIR	what lab run --keep-memory wrote
"""
import gzip
import json
import mmap
import os
import re
import sys

from addresses import check_addresses
from judge import check, finish, num

PAGE = 4096		# the lab's log counts in these, whatever the guest's pages are
BLOCK = 4096		# of the disk: what inside/sev/main writes at its number
# guest of the lab -> the tool's word for it, its evidence, the guest's address of RAM
GUESTS = {"sev": ("sev", "SEV", 0), "sev-es": ("sev-es", "SEV-ES", 0),
          "snp": ("sev-snp", "SEV-SNP", 0), "tdx": ("tdx", "tdx_guest", 0),
          "cca": ("cca", "arm-cca-dev", 0x40000000)}
# the guest's own calls: a line of the log for each
CALLS = re.compile(r" (?:(?:psc|map) gpa=(\w+) pages=(\d+) to=(\w+) .*|"
                   r"(share|unshare) gpa=(\w+) pages=(\d+) .* status=0)$")
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
        self.run = json.loads(self.text("run.json"))
        self.guest = self.run["guest"]
        self.kind, self.how, self.base = GUESTS[self.guest]
        self.page = self.records[0]["page_size"]
        self.views = {}
        for view in ("shared", "private"):
            with open(self.file(f"{self.guest}-{view}"), "rb") as f:
                self.views[view] = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)

    def file(self, name):
        return os.path.join(self.path, name)

    def text(self, name):
        return open(self.file(name), errors="replace").read()

    def data(self, name):
        return open(self.file(name), "rb").read()

    def memory(self, view, addr, size):
        """What a view has at the guest's physical address."""
        return self.views[view][addr - self.base:addr - self.base + size]

    def found(self, view, data):
        return self.views[view].find(data) >= 0


def shared_pages(directory):
    """Mark -> pages that were shared then: the set in the plugin's log."""
    state, label = {}, None
    for line in open(directory.file("ultravisor.log")):
        if (m := re.search(r" mark label=(\S+)", line)):
            label = m.group(1)
            state[label] = set()
        elif (m := re.search(r" shared gpa=(\w+) pages=(\d+)", line)):
            first = num(m.group(1)) // PAGE
            state[label] |= set(range(first, first + int(m.group(2))))
    return state


def calls(directory, first, last):
    """(to shared, page) of each conversion that the guest asked for between two marks, in order."""
    found, on = [], False
    for line in open(directory.file("ultravisor.log")):
        if (m := re.search(r" mark label=(\S+)", line)):
            on = m.group(1) == first or (on and m.group(1) != last)
        elif on and (m := CALLS.search(line.rstrip())):
            shared = "shared" in m.group(0).split("to=")[-1].split()[0] if m.group(1) else \
                m.group(4) == "share"
            page = num(m.group(1) or m.group(5)) // PAGE
            found += [(shared, page + i) for i in range(int(m.group(2) or m.group(6)))]
    return found


def pool(directory):
    m = re.search(r"software IO TLB: mapped \[mem (0x\w+)-(0x\w+)\]", directory.text("serial.log"))
    return num(m.group(1)), num(m.group(2))


def check_private(directory):
    word = directory.data("private").strip()
    check(directory.found("private", word), "a word in the guest's memory is in the private view")
    check(not directory.found("shared", word), "and nowhere in what the hypervisor sees")
    faults = [line for name in ("tce-trace.log", "ultravisor.log")
              for line in directory.text(name).splitlines() if re.search("dmar_fault|dma-fault", line)]
    check(not faults, "no device was given an address of private memory", "\n".join(faults))


def check_content(directory):
    """
    Pages full of a number that were shared and filled with its complement (lab-fault's content):
    the ledger has them, each view holds its own content.
    """
    m = re.search(r"content: (\d+) done, (\d+) refused", directory.text("load.txt"))
    check(m and m.groups() == ("16", "0"), "16 pages that were shared changed content by it",
          directory.text("load.txt"))
    page, value = directory.page, num(directory.text("value").strip())
    word, other = (v.to_bytes(8, "little") * (page // 8) for v in (value, ~value & 2**64 - 1))
    stacks = {r["id"] for r in directory.records if r["type"] == "stack" and
              any("share_content" in f or "content+" in f for f in r["frames"])}
    told = [r for r in directory.records if r["type"] == "share" and r.get("stack") in stacks]
    places = [num(r["phys"]) for r in told if num(r["size"]) == page]
    check(len(set(places)) == 16, "the ledger has 16 pages that the module shared", told)

    def held(view, data):
        return [p for p in places if directory.memory(view, p, page) == data]
    check(held("shared", other) == places and held("private", word) == places,
          "each holds in the shared view what was written when it was shared, in the private one "
          "what was before", f"{len(held('shared', other))} {len(held('private', word))}")
    found = {(m.start() & -page) + directory.base
             for m in re.finditer(re.escape(other[:64]), directory.views["shared"])}
    check(found == set(places), "that content is nowhere else in the shared view",
          sorted(found ^ set(places)))
    check(not directory.found("shared", word[:64]), "and the private content nowhere in it")


def check_written(directory):
    """
    Blocks written to the disk: where dmascope says they were copied to, the device saw them. The kernel
    writes a page for each.
    """
    start, end = pool(directory)
    page = directory.page
    disk = {r["dev"] for r in directory.records
            if r["type"] == "device" and r.get("driver") == "virtio-pci"}
    writes = [r for r in directory.records if r["type"] == "map" and r["dev"] in disk and
              r["dir"] == "to_device" and num(r["size"]) == page]
    check(len(writes) == 4, "four blocks were written, four mappings of a page recorded", writes)
    for i, r in enumerate(writes, 1):
        data, slot, phys = directory.data(f"disk{i}"), num(r["slot"]), num(r["phys"])
        at = i * BLOCK % page
        check(r["path"] == "bounced" and start <= slot < end and
              directory.memory("shared", slot + at, BLOCK) == data,
              f"block {i} is in the shared view, in the slot that the trace names", r)
        check(directory.memory("shared", phys + at, BLOCK) != data and directory.found("private", data),
              f"block {i}'s own memory is private", r)


def pages_of(record):
    first = num(record["phys"]) // PAGE
    return set(range(first, first + num(record["size"]) // PAGE))


def check_calls(directory):
    """Each conversion of the trace is a call that the guest made, in that order, and no call is missing."""
    asked, told = calls(directory, "before", "after"), []
    for r in sorted((r for r in directory.records if r["type"] in ("share", "unshare")),
                    key=lambda r: num(r["t"])):
        first = num(r["phys"]) // PAGE
        told += [(r["type"] == "share", first + i) for i in range(num(r["size"]) // PAGE)]
    check(len(asked) >= 16 and told == asked,
          f"the {len(asked)} pages that the guest converted are those of the trace, in order",
          f"only the guest: {[x for x in asked if x not in told][:20]}\n"
          f"only the trace: {[x for x in told if x not in asked][:20]}")


def check_healthy(directory):
    """Nothing is wrong in this guest but what lab-fault does on purpose: it keeps 16 pages shared."""
    report = json.loads(directory.text("verbs/report.json").splitlines()[-1])
    bad = [f for f in report["findings"] if f["severity"] != "note"]
    check(not bad, "a healthy guest has no finding",
          [f"{f['id']} {f['device']} {f['summary']}" for f in bad])
    paths = {r["path"] for r in directory.records if r["type"] == "map"}
    check(paths == {"bounced"}, "each mapping is bounced", paths)
    check_coherent(directory, report)


def check_coherent(directory, report):
    """Coherent memory is shared, also that of the atomic pools, which no conversion of the trace has."""
    state = shared_pages(directory)
    coherent = [r for r in report["ranges"] if r["path"] == "coherent"]
    wild = [r for r in coherent if r["shared"] != "yes" or r["phys"] is None or
            set(pages_of(r)) - state["after"]]
    check(coherent and not wild, f"each of {len(coherent)} ranges of coherent memory is said to be "
          "shared, and is in the lab's set", wild)


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
          "of the lab's log",
          f"only the ledger: {sorted(now - state['after'])}\n"
          f"only the lab's log: {sorted(state['after'] - now)}")
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
    kexec = re.findall(r"a kexec now would have to unshare at least these ([0-9,]+) pages", part)
    missing = re.findall(r"^  Not listed: .*memory shared at boot", part, re.M)
    said = [int(n.replace(",", "")) * directory.page // PAGE for n in kexec]
    check(said == [len(listed)] and len(listed) <= len(state["after"]) and missing,
          f"a kexec has to unshare at least the {len(listed)} pages of 4 KiB that are listed, of "
          f"{len(state['after'])}; what is not listed is said", part)
    check(expected <= listed <= state["after"], "the report lists the pool and what was shared since",
          f"missing {sorted(expected - listed)} invented {sorted(listed - state['after'])}")


def check_screens(directory):
    for name in SCREENS:
        text = directory.text("verbs/" + name)
        said = sorted(set(m.group(0) for m in ELSEWHERE.finditer(text)))
        check(len(text) > 300 and not said, f"{name}: nothing of another architecture",
              f"{len(text)} characters; {said}")


def check_no_jit(directory):
    """Without the JIT compiler: it records, or one line names the remedy and the status is 3."""
    can_be_off = directory.guest == "cca" and "dmascope-lab" not in directory.records[0]["kernel"]
    if not os.path.exists(directory.file("nojit")) and not can_be_off:
        return		# this kernel's JIT compiler cannot be turned off
    lines = directory.text("nojit").splitlines()
    refused = lines[-1] == "3"
    check(lines[-1] in ("0", "4") or
          (refused and len(lines) == 2 and "bpf_jit_enable=1" in lines[0]),
          "without the JIT compiler it works, or says at once what to do", lines)
    doctor = directory.text("nojit-doctor")
    check(("bpf_jit_enable=1" in doctor) == refused and "Verdict" in doctor,
          "and doctor says the same", doctor)
    # a function of other kernels is not what is missing: "no function" only where no kernel's is there
    wrong = re.findall(r"^swiotlb[.]\S+ .*no function.*$", doctor, re.M)
    check(not wrong and (not refused or re.search(r"^swiotlb[.]unmap .*JIT", doctor, re.M)),
          "and of each hook what keeps it from being attached", wrong or doctor)


def main():
    directory = Directory(sys.argv[1])
    header = directory.records[0]
    check(header["guest"] == directory.kind and directory.how in header["guest_how"],
          f"the guest is {directory.kind}, with evidence", header)
    check(header["cpus"] == directory.run["cpus"] > 1, "several CPUs", header)
    check_addresses(directory.records)
    check_private(directory)
    check_content(directory)
    check_written(directory)
    check_ledger(directory)
    if directory.guest not in ("sev", "sev-es"):	# those make no calls
        check_calls(directory)
    check_healthy(directory)
    check_screens(directory)
    check_no_jit(directory)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
