#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Compares a trace with what the hypervisor saw: QEMU's own spapr_iommu_* trace and the
ultravisor's log, entry by entry. It reads the trace as plain JSON, not through the tool's
reader, so that both cannot be wrong together. Prints TAP; no expectation comes from the trace.

usage: truth.py DIR TRACE [--expect-private DRIVER] [--expect-bounced DRIVER] [--min-shares N]

DIR is what `lab run` wrote. The marks "before" and "after" stand around the whole recording,
"load" and "loadend" around the load inside it: what the hypervisor saw between the inner marks
must be in the trace (nothing missing), what is in the trace must be between the outer marks
(nothing invented), and for one entry the order must be the same.
"""
import argparse
import collections
import gzip
import json
import os
import re
import sys

import judge
from addresses import check_addresses
from judge import check, num


def fields(line):
    return {k: v for k, v in re.findall(r"(\w+)=(\S+)", line)}


def read_trace(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt") as f:
        return list(judge.parts(json.loads(line) for line in f))


def between(path, first, last, inner_first, inner_last):
    """Lines between two marks, each with whether it is also between the inner ones."""
    on, inner = False, False
    seen = set()
    for line in open(path, errors="replace"):
        m = re.search(r"mark (?:label=)?(\w+)", line)
        if m and "mark" in line:
            seen.add(m.group(1))
            on = (on or m.group(1) == first) and m.group(1) != last
            inner = (inner or m.group(1) == inner_first) and m.group(1) != inner_last
            continue
        if on:
            yield line, inner
    missing = {first, last, inner_first, inner_last} - seen
    if missing:
        raise SystemExit(f"{path}: the marks {sorted(missing)} are not there")


def hypervisor_tces(directory, page_shift):
    """Every entry as QEMU wrote it: (liobn, ioba) -> [(op, page, access, inner)]."""
    entries = collections.OrderedDict()
    indirect = refused = 0
    path = os.path.join(directory, "tce-trace.log")
    for line, inner in between(path, "before", "after", "load", "loadend"):
        if not line.startswith("spapr_iommu_pci_"):
            continue
        f = fields(line)
        liobn, ioba = num(f["liobn"]), num(f["ioba"])
        size = 1 << page_shift.get(liobn, 12)
        if num(f["ret"]):
            refused += 1
            continue
        if line.startswith("spapr_iommu_pci_put "):
            tce = num(f["tce"])
            what = ("set", tce & ~(size - 1), tce & 3) if tce & 3 else ("clear", 0, 0)
            entries.setdefault((liobn, ioba), []).append(what + (inner,))
        elif line.startswith("spapr_iommu_pci_stuff "):
            # hw/ppc/spapr_iommu.c h_stuff_tce() traces ioba after its loop moved it on: the
            # first entry is n pages before (the plugin, which logs the arguments, agrees)
            ioba -= int(f["npages"]) * size
            for i in range(int(f["npages"])):
                entries.setdefault((liobn, ioba + i * size), []).append(("clear", 0, 0, inner))
        elif "indirect" in line:
            indirect += 1
    return entries, indirect, refused


def plugin_tces(directory, page_shift):
    """The same from the ultravisor's log, which also lists what indirect calls named."""
    entries = collections.OrderedDict()
    path = os.path.join(directory, "ultravisor.log")
    for line, inner in between(path, "before", "after", "load", "loadend"):
        m = re.search(r" tce (put|indirect|stuff) ", line)
        if not m:
            continue
        f = fields(line)
        liobn, ioba, tce = num(f["liobn"]), num(f["ioba"]), num(f["tce"])
        size = 1 << page_shift.get(liobn, 12)
        if num(f["status"]):
            continue
        for i in range(int(f["n"])):
            key = (liobn, ioba + i * size)
            if m.group(1) == "stuff" or not tce & 3:
                entries.setdefault(key, []).append(("clear", 0, 0, inner))
            else:
                entries.setdefault(key, []).append(
                    ("set", (tce & ~(size - 1)) + i * size, tce & 3, inner))
    return entries


def trace_tces(records):
    entries = collections.OrderedDict()
    for r in records:
        if r["type"] not in ("tce_set", "tce_clear"):
            continue
        if r.get("ret"):
            continue
        shift = r["page_shift"]
        size = 1 << shift
        liobn, dma = num(r["liobn"]), num(r["dma"])
        for i in range(num(r["size"]) >> shift):
            key = (liobn, dma + i * size)
            if r["type"] == "tce_clear":
                entries.setdefault(key, []).append(("clear", 0, 0))
            else:
                # arch/powerpc/platforms/pseries/iommu.c: read always, write unless to_device
                access = 1 if r["dir"] == "to_device" else 3
                entries.setdefault(key, []).append(("set", num(r["phys"]) + i * size, access))
    return entries


def contained(part, whole):
    """Whether `part` is a run of `whole` (without its inner flags) that holds all inner ones."""
    bare = [w[:3] for w in whole]
    needed = [i for i, w in enumerate(whole) if w[3]]
    for start in range(len(bare) - len(part) + 1):
        if bare[start:start + len(part)] != part:
            continue
        if not needed or (start <= needed[0] and needed[-1] < start + len(part)):
            return True
    return False


def compare_tces(name, truth, told):
    missing, invented, wrong = [], [], []
    for key, ops in truth.items():
        if key not in told and any(op[3] for op in ops):
            missing.append((key, ops))
    for key, ops in told.items():
        if key not in truth:
            invented.append((key, ops))
        elif not contained(ops, truth[key]):
            wrong.append((key, ops, truth[key]))
    inner = sum(op[3] for ops in truth.values() for op in ops)
    total = sum(len(ops) for ops in told.values())

    def show(rows):
        return "\n".join(f"liobn {k[0]:#x} ioba {k[1]:#x}: {rest}" for k, *rest in rows)
    check(not missing, f"{name}: none of {inner} entries is missing", show(missing))
    check(not invented, f"{name}: none of {total} entries is invented", show(invented))
    check(not wrong, f"{name}: page, access and order of each entry agree", show(wrong))
    return inner


def compare_shares(directory, records, page_size, minimum):
    truth = []
    path = os.path.join(directory, "ultravisor.log")
    for line, _ in between(path, "before", "after", "load", "loadend"):
        m = re.search(r" (share|unshare) gpa=", line)
        if m:
            f = fields(line)
            truth.append((m.group(1), num(f["gpa"]), int(f["pages"])))
    told = [(r["type"], num(r["phys"]), num(r["size"]) // page_size) for r in records
            if r["type"] in ("share", "unshare") and r.get("phys") is not None]
    unknown = [r for r in records if r["type"] in ("share", "unshare") and r.get("phys") is None]
    check(not unknown, "every share names its page", unknown)
    check(sorted(truth) == sorted(told), f"all {len(truth)} shares and unshares agree",
          f"only the ultravisor: {sorted(set(truth) - set(told))}\n"
          f"only the trace: {sorted(set(told) - set(truth))}")
    check(len(truth) >= minimum, f"at least {minimum} shares were made", len(truth))


def private_share(directory, liobn):
    """Of the TCEs put during the recording, how many named private and how many other pages."""
    count = collections.Counter()
    path = os.path.join(directory, "ultravisor.log")
    for line, _ in between(path, "before", "after", "load", "loadend"):
        if re.search(r" tce (put|indirect) ", line):
            f = fields(line)
            if num(f["liobn"]) == liobn and num(f["tce"]) & 3:
                count[f["page"]] += int(f["n"])
    return count


def device_paths(records, key):
    count = collections.Counter()
    for r in records:
        if r["type"] == "map" and r.get("dev") == key:
            count[r["path"]] += 1
    return count


def compare_pool(directory, records):
    boot = None
    for line in open(os.path.join(directory, "serial.log"), errors="replace"):
        m = re.search(r"software IO TLB: mapped \[mem (0x\w+)-(0x\w+)\] \((\d+)MB\)", line)
        if m:
            boot = (num(m.group(1)), num(m.group(2)), int(m.group(3)))
    pools = [r for r in records if r["type"] == "pool"]
    if not boot:
        check(not any(num(p["nslabs"]) for p in pools), "no pool at boot, none in the trace", pools)
        return
    last = pools[-1] if pools else {}
    told = (num(last.get("start", 0)), num(last.get("end", 0)),
            num(last.get("nslabs", 0)) * last.get("slot_size", 0) >> 20)
    check(told == boot, f"the pool is the one of the boot line, {boot[0]:#x}-{boot[1]:#x}", told)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("dir")
    ap.add_argument("trace")
    ap.add_argument("--expect-private", action="append", default=[], metavar="DRIVER")
    ap.add_argument("--expect-tce", action="append", default=[], metavar="DRIVER")
    ap.add_argument("--expect-bounced", action="append", default=[], metavar="DRIVER")
    ap.add_argument("--min-shares", type=int, default=0)
    ap.add_argument("--min-tces", type=int, default=1)
    args = ap.parse_args()
    records = read_trace(args.trace)
    header, footer = records[0], records[-1]
    check(header["type"] == "session" and header["format"] == "dmascope-trace", "has a header")
    judge.whole(footer)
    check_addresses(records)
    shifts = {num(r["liobn"]): r["page_shift"] for r in records if r["type"] == "window"}

    truth, indirect, refused = hypervisor_tces(args.dir, shifts)
    told = trace_tces(records)
    check(refused == 0, "the hypervisor refused no TCE", refused)
    if indirect:
        # QEMU's trace does not list what a list of entries held; the plugin's log does
        inner = compare_tces("TCEs by the plugin's log", plugin_tces(args.dir, shifts), told)
    else:
        inner = compare_tces("TCEs by QEMU's trace", truth, told)
        compare_tces("TCEs by the plugin's log", plugin_tces(args.dir, shifts), told)
    check(inner >= args.min_tces, f"the load made at least {args.min_tces} TCE operations", inner)
    if header["guest"] == "pef":
        compare_shares(args.dir, records, header["page_size"], args.min_shares)
    compare_pool(args.dir, records)

    if header["guest"] == "none":
        wrong = [r for r in records if r["type"] == "finding" and r["severity"] > 1]
        check(not wrong, "nothing is found wrong", wrong)
    devices = {}
    for r in records:
        if r["type"] == "device":
            devices[r["dev"]] = r
    by_driver = {d.get("driver"): d for d in devices.values()}
    for driver in args.expect_bounced:
        paths = device_paths(records, by_driver.get(driver, {}).get("dev"))
        check(paths["bounced"] > 0 and set(paths) == {"bounced"}, f"{driver} is bounced", paths)
    for driver in args.expect_tce + args.expect_private:
        paths = device_paths(records, by_driver.get(driver, {}).get("dev"))
        check(paths["tce"] > 0 and set(paths) == {"tce"}, f"{driver} goes through TCEs", paths)
    for driver in args.expect_private:
        dev = by_driver.get(driver, {}).get("dev")
        liobns = {num(r["liobn"]) for r in records if r["type"] == "map" and r.get("dev") == dev}
        for liobn in liobns:
            states = private_share(args.dir, liobn)
            check(states["private"] > 0 and set(states) == {"private"},
                  f"{driver}: the ultravisor says its pages are private", states)
    return judge.finish()


sys.exit(main())
