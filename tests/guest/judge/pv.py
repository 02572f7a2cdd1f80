#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Judges a run in a Secure Execution guest. The trace is read as plain JSON, not through the tool's
reader. Prints TAP.

usage: pv.py main|small|noforce DIR HERE
	DIR: what lab run wrote; HERE: this machine's output of pv/replay

main: every share and the ledger against the ultravisor's log, page by page; devices by the names of
their own bus; what was recorded on the big-endian machine reads the same here, and the other way
round. small: a pool that is too small, against the kernel's complaints. noforce: no pool at all, each
mapping's page is private by the ultravisor's log.
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
# addresses of PCI devices, and what only pseries or x86 has; the machine formats keep their fields
ELSEWHERE = re.compile(r"\b[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]\b|"
                       r"\b(tces?|liobn|ddw|hcalls?|ultracalls?|ucalls?|pseries|svm|sev|tdx)\b", re.I)


def pages(start, size):
    return range(start // PAGE, (start + size + PAGE - 1) // PAGE)


def text(*path):
    with open(os.path.join(*path), errors="replace") as f:
        return f.read()


def boot_pool(directory):
    m = re.search(r"software IO TLB: mapped \[mem (0x\w+)-(0x\w+)\]", text(directory, "serial.log"))
    return num(m.group(1)), num(m.group(2))


def ultravisor(directory):
    """Pages shared at the first mark, those at the last, and each call between: page -> words."""
    shared, state = set(), {}
    calls = collections.defaultdict(list)
    for line in open(os.path.join(directory, "ultravisor.log")):
        if (m := re.search(r" mark label=(\S+)", line)):
            state[m.group(1)] = set(shared)
        elif (m := re.search(r" (share|unshare) gpa=(\w+) pages=(\d+) .* status=0", line)):
            for page in pages(num(m.group(2)), num(m.group(3)) * PAGE):
                (shared.add if m.group(1) == "share" else shared.discard)(page)
                if "before" in state and "after" not in state:
                    calls[page].append(m.group(1))
    return state["before"], state["after"], calls


def check_shares(records, calls):
    told, odd = collections.defaultdict(list), []
    for r in records:
        if r["type"] not in ("share", "unshare"):
            continue
        if r.get("phys") is None or r.get("ret"):
            odd.append(r)
            continue
        for page in pages(num(r["phys"]), num(r["size"])):
            told[page].append(r["type"])
    total = sum(len(words) for words in calls.values())
    check(not odd, "each conversion names its pages, none failed", odd)
    differs = [f"{page * PAGE:#x}: ultravisor {calls.get(page)}, trace {told.get(page)}"
               for page in sorted(calls.keys() | told.keys()) if calls.get(page) != told.get(page)]
    check(not differs, f"all {total} shares and unshares agree, page by page and in order",
          "\n".join(differs))
    check(total >= 15, "the load shared pages and took some back", total)


def check_ledger(report, pool, before, after, calls):
    """What the report lists as shared is what the ultravisor shares, but for early boot's pages."""
    listed = set()
    for r in report["ledger"]["ranges"]:
        listed |= set(pages(num(r["phys"]), num(r["size"])))
    whole = set(pages(pool[0], pool[1] - pool[0]))
    check(whole <= before, f"the ultravisor shares all {len(whole)} pages of the pool",
          sorted(whole - before)[:5])
    check(not listed - after, f"each of the ledger's {len(listed)} pages is shared",
          sorted(listed - after))
    callers = [r["caller"] or "" for r in report["ledger"]["ranges"] if r["confirmed"]]
    check(callers and all(c.startswith("virtio_ccw_") for c in callers),
          "who shared them is the driver's function", callers)
    unseen = {page for page in before & after if page not in calls} - whole
    check(after - listed == unseen, f"the ledger lacks none but the {len(unseen)} pages that drivers "
          "shared before the start and still do",
          f"{sorted(after - listed - unseen)} {sorted(unseen - (after - listed))}")


def check_devices(records):
    devices = {r["name"]: r for r in records if r["type"] == "device" and r["bus"] == "ccw"}
    drivers = {name: r["driver"] for name, r in devices.items()}
    check(set(devices) == {"0.0.0000", "0.0.0001"}, "both devices have their ccw names", drivers)
    paths = collections.defaultdict(collections.Counter)
    key = {r["dev"]: r["name"] for r in records if r["type"] == "device"}
    for r in records:
        if r["type"] in ("map", "alloc"):
            paths[key.get(r["dev"], "?")][r["type"], r["path"]] += 1
    check(set(paths) == set(devices) and
          all(set(p) <= {("map", "bounced"), ("alloc", "coherent")} for p in paths.values()),
          "all mappings are theirs, and bounce", dict(paths))


def check_screens(directory):
    for name in ("doctor", "doctor-v", "top", "trace.json.gz/report", "trace.json.gz/top"):
        said = text(directory, "verbs", name)
        alien = sorted(set(m.group(0) for m in ELSEWHERE.finditer(said)))
        check(len(said) > 300 and not alien, f"{name}: nothing of another architecture", alien)
    doctor = text(directory, "verbs/doctor")
    check(re.search(r"^secure guest +s390 pv: ", doctor, re.M), "doctor says s390 pv", doctor)
    check("Verdict: dmascope runs fully here" in doctor, "and that nothing is missing", doctor)


def check_orders(directory, here):
    """The same files through the same verbs, here and on the big-endian machine."""
    for trace in sorted(os.listdir(here)):
        differs, compared = [], 0
        for name in sorted(os.listdir(os.path.join(here, trace))):
            with open(os.path.join(here, trace, name), "rb") as f:
                ours = f.read()
            with open(os.path.join(directory, "verbs", trace, name), "rb") as f:
                theirs = f.read()
            compared += len(ours)
            if ours != theirs:
                differs.append(name)
        check(compared > 10000 and not differs, f"{trace}: report, top, metrics and converted files "
              "are the same in both byte orders", f"{compared} bytes, different: {differs}")


def finding(report, name, device):
    return next((f for f in report["findings"] if f["id"] == name and f["device"] == device), None)


def judge_small(directory, here, records):
    """Each complaint in the kernel's log is a failed bounce of the trace, and is explained."""
    names = {r["dev"]: r["name"] for r in records if r["type"] == "device"}
    failed = collections.Counter((names[r["dev"]], num(r["size"])) for r in records
                                 if r["type"] == "bounce" and r["path"] == "failed")
    log = text(directory, "serial.log").split("the command starts")[-1]
    said = collections.Counter((m.group(1), int(m.group(2))) for m in re.finditer(
        r"virtio_ccw (\S+): swiotlb buffer is full \(sz: (\d+) bytes\)", log))
    check(said and not said - failed,
          f"each of the kernel's {sum(said.values())} complaints is a failed bounce: device and size",
          f"{said}\n{failed}")
    report = json.loads(text(here, "report.json"))
    found = [f for f in report["findings"] if f["id"] in ("pool-full", "pool-fragmented")]
    counts = [int(n) for f in found
              for n in re.findall(r"(?:^|; )(\d+) (?:mappings? failed|more found)", f["evidence"])]
    check({(f["device"], f["severity"]) for f in found} == {("0.0.0000", "error")} and
          sum(counts) == sum(failed.values()),
          f"the report explains the disk's {sum(failed.values())} failures by the pool",
          f"{counts} {report['findings']}")


def judge_noforce(directory, here, records):
    """What the devices were given, page by page, is private by the ultravisor's log."""
    before, after, calls = ultravisor(directory)
    check(before == after and not calls, "nothing was shared or taken back meanwhile", calls)
    names = {r["dev"]: r["name"] for r in records if r["type"] == "device"}
    private = collections.Counter()
    for r in records:
        if r["type"] == "map" and not before & set(pages(num(r["phys"]), num(r["size"]))):
            private[names[r["dev"]]] += 1
    total = sum(r["type"] == "map" for r in records)
    check(total > 100 and sum(private.values()) == total,
          f"all {total} mappings are of memory that the ultravisor keeps private", private)
    report = json.loads(text(here, "report.json"))
    check(finding(report, "no-bounce-pool", None), "the report says that there is no pool",
          report["findings"])
    for name, n in private.items():
        f = finding(report, "private-dma", name)
        check(f and f"{n} mappings of private memory" in f["evidence"] and f"out of {n}" in f["evidence"],
              f"{name}: the report says that its {n} mappings are of private memory", f)


def judge_main(directory, here, records):
    before, after, calls = ultravisor(directory)
    pool = boot_pool(directory)
    told = [r for r in records if r["type"] == "pool"][-1]
    check((num(told["start"]), num(told["end"])) == pool,
          f"the pool is the one of the boot line, {pool[0]:#x}-{pool[1]:#x}", told)
    check_shares(records, calls)
    check_ledger(json.loads(text(here, "report.json")), pool, before, after, calls)
    check_devices(records)
    check_screens(directory)
    check_orders(directory, os.path.dirname(here))


def main():
    what, directory, here = sys.argv[1:]
    with gzip.open(os.path.join(directory, "trace.json.gz"), "rt") as f:
        records = [json.loads(line) for line in f]
    header, footer = records[0], records[-1]
    check(header["arch"] == "s390x" and header["guest"] == "s390 pv",
          f"{what}: recorded in a pv guest", header)
    whole(footer)
    check_addresses(records, name=f"{what}: no kernel address, and no half of one, is in the trace")
    {"main": judge_main, "small": judge_small, "noforce": judge_noforce}[what](
        directory, os.path.join(here, "trace.json.gz"), records)
    return finish()


sys.exit(main())
