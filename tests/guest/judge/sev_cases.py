#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Judges what goes wrong in SEV guests, one case a boot: what dmascope says against what the emulator
saw, the kernel's log and the commands that provoked it. The trace is read as plain JSON. Prints TAP.

usage: sev_cases.py CASE DIR	CASE is noforce or wrong; DIR is what lab run wrote
"""
import collections
import gzip
import json
import os
import re
import sys

import judge
from addresses import check_addresses
from judge import check, num

PAGE = 4096
C_BIT = 1 << 39		# tools/lab/plugins/sev-firmware.c


class Run:
    """The files of a run; findings as id -> device -> finding ("" is the guest itself)."""

    def __init__(self, directory):
        self.directory = directory

    def text(self, name):
        return open(os.path.join(self.directory, name), errors="replace").read()

    def records(self, name="trace.json.gz"):
        with gzip.open(os.path.join(self.directory, name), "rt") as f:
            records = [json.loads(line) for line in f]
        check_addresses(records, name=f"{name}: no kernel address, and no half of one")
        return records

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
    judge.whole(records[-1])
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


def recorded(run, name, *expected):
    """A recording that is whole; its report has these findings and no other error or warning."""
    records, found = run.records(name + ".json.gz"), run.findings(name + ".report.json")
    check(run.text(name + ".status").strip() == "0", f"{name}: recorded", run.text(name + ".txt"))
    judge.whole(records[-1], f"{name}: nothing was lost")
    told = {i for i, by_device in found.items()
            if any(f["severity"] != "note" for f in by_device.values())}
    check(told == set(expected), f"{name}: the findings are {', '.join(expected) or 'none'}", told)
    driver = {}
    for r in records:		# the first: later ones report that it was unbound
        if r["type"] == "device" and r.get("driver"):
            driver.setdefault(r["dev"], r["driver"])
    return records, found, driver


def maps_of(records, driver, name, path):
    return [r for r in records if r["type"] == "map" and driver.get(r["dev"]) == name and
            r["path"] == path]


def pool_full(run):
    records, found, driver = recorded(run, "full", "pool-full")
    device = {r["dev"]: r["name"] for r in records if r["type"] == "device"}
    failed = collections.Counter(device[r["dev"]] for r in records
                                 if r["type"] == "map" and r["path"] == "failed")
    lists = collections.Counter(device[r["dev"]] for r in records if r["type"] == "map"
                                and r["path"] == "failed" and "sg" in r.get("flags", []))
    # a histogram shows negative keys as numbers without a sign
    refused = sum(int(n) for ret, n in re.findall(r"ret: +(\d+) .*hitcount: +(\d+)",
                                                  run.text("lists")) if not 0 < int(ret) < 1 << 63)
    check(failed["0000:00:02.0"] and sum(lists.values()) == refused,
          f"full: the NVMe disk's failures; {refused} lists were refused by the kernel's own count",
          f"{failed}, of lists {lists}")
    held = int(run.text("held"))
    # The kernel adds slots that were taken before it subtracts those released on another processor
    # (inc_used_and_hiwater(), dec_used(): kernel/dma/swiotlb.c): 1025 of 1024 was seen.
    hiwater = min(int(run.text("hiwater")), 1024)
    f = next(iter(found["pool-full"].values()), {"evidence": "", "action": ""})
    check(failed and len(found["pool-full"]) == 1 and
          (len(failed) == 1 or all(name in f["evidence"] for name in list(failed)[:3])),
          "full: one finding names the devices whose mappings failed", f"{f} {failed}")
    counts = [int(n) for n in re.findall(r"(?:^|; )(\d+) (?:mappings? failed|more found)", f["evidence"])]
    check(sum(counts) == sum(failed.values()) and
          f"0000:00:04.0 held {held} slots in {held} mappings" in f["evidence"] and
          f"{hiwater} of 1024 slots in use at worst" in f["evidence"],
          "full: how many, who holds the pool, the kernel's high water",
          f"{f['evidence']} / {f['action']}; {failed}")


def oversize(run):
    _, found, _ = recorded(run, "oversize", "request-too-big")
    f = found["request-too-big"].get("0000:00:04.0", {"evidence": "", "summary": ""})
    logged = len(re.findall(r"lab-fault 0000:00:04.0: swiotlb buffer is full \(sz: 1048576 bytes\)",
                            run.text("dmesg.txt")))
    check(logged == 3 and f["evidence"].startswith("3 such requests failed") and
          "up to 1 MiB" in f["summary"] and "exceed 256 KiB" in f["summary"],
          "oversize: three requests of 1 MiB, as the kernel's log has them", f"{logged} {f}")


def leak(run):
    _, found, _ = recorded(run, "leak", "share-growth")
    ledger = json.loads(run.text("leak.report.json"))["ledger"]
    size = 12 * 64 * PAGE
    check("by lab_fault_shares_and_keeps" in found["share-growth"].get("", {}).get("evidence", ""),
          "leak: it names the function", found["share-growth"])
    check(num(ledger["confirmed"]) == size and num(ledger["shares"]) == 12,
          f"leak: 12 calls and {size} bytes are in the ledger", ledger)


def unload(run):
    records, _, driver = recorded(run, "unload")
    mine = maps_of(records, driver, "lab-fault", "bounced")
    back = [r for r in records if r["type"] == "unmap" and
            (r["dev"], r["dma"]) in {(m["dev"], m["dma"]) for m in mine}]
    check(len(mine) == 3 and len(back) == 3, "unload: what the module had mapped was given back",
          f"{mine}\n{back}")
    check(len(maps_of(records, driver, "virtio-pci", "bounced")) > 16,
          "unload: and the disk's mappings after that are there")


def late(run):
    """The functions of a module that came while it was recorded have their names."""
    records, _, driver = recorded(run, "late")
    frames = {r["id"]: r["frames"] for r in records if r["type"] == "stack"}
    shares = [frames.get(r.get("stack"), []) for r in records if r["type"] == "share"]
    check(len(shares) == 3 and all(any(re.match(r"lab_fault_shares_and_keeps\+0x\w+ \[lab_fault\]", f)
                                       for f in s) for s in shares),
          "late: each share is by the function of the new module", shares)
    maps = maps_of(records, driver, "lab-fault", "bounced")
    mine = [frames[r["stack"]] for r in maps if r.get("stack")]		# a sample
    check(len(maps) == 2 and mine and all(any(f.endswith(" [lab_fault]") for f in s) for s in mine),
          "late: and so is each mapping whose stack was recorded", mine)
    odd = sorted({f for s in frames.values() for f in s if "__builtin__ftrace" in f or "tpstrtab" in f})
    check(not odd, "late: no function has the name of something else", odd)


def during(run):
    """Names that a module has not resolved yet are no second functions of that name."""
    used = {case: {r["hook"]: (r["attach"], r["symbol"], r["reason"])
                   for r in recorded(run, case)[0] if r["type"] == "hook"} for case in ("during", "late")}
    names = set(re.findall(r" u (\S+)\s+\[lab_fault\]", run.text("undefined")))
    hooked = {symbol for _, symbol, _ in used["late"].values()} & names
    check(len(hooked) > 2, "during: functions that are hooked were listed as undefined", names)
    check(used["during"] == used["late"], "during: the same hooks are attached as else",
          f"{used['during']}\n{used['late']}")


def unplug(run):
    _, found, _ = recorded(run, "unplug", "leak-at-remove")
    f = found["leak-at-remove"]
    check(set(f) == {"0000:00:04.0"} and f["0000:00:04.0"]["evidence"].startswith("5 mappings still live"),
          "unplug: the device that went, with its five mappings", f)


def suspend(run):
    records, _, driver = recorded(run, "suspend")
    check("PM: suspend exit" in run.text("dmesg.txt"), "suspend: the guest slept and woke")
    size = (int(run.text("after")) - int(run.text("before"))) * 512
    told = sum(num(r["size"]) for r in maps_of(records, driver, "virtio-pci", "bounced")
               if r["dir"] == "from_device" and num(r["size"]) >= 512)
    check(told == size > 0, f"suspend: the {size} bytes that the disk counted, before and after", told)
    card = [d for d in json.loads(run.text("suspend.report.json"))["devices"]
            if d["driver"] == "e1000"][0]
    check(num(card["before_start"]) == 256 and sum(num(p["live"]) for p in card["paths"].values()) == 256,
          "suspend: the card's 256 buffers were given back and mapped anew", card)


def wrong(run):
    for case in (oversize, leak, unload, late, during, unplug, suspend, pool_full):
        case(run)


def main():
    judge.about(sys.argv[1])
    globals()[sys.argv[1]](Run(sys.argv[2]))
    return judge.finish()


sys.exit(main())
