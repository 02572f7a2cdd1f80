#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Judges the runs of tests/guest/test_kernels. TAP."""
import gzip
import json
import os
import re
import sys

import judge
from judge import check, num

out, script = sys.argv[1:]
judge.about(script)


def text(name):
    with open(os.path.join(out, name), encoding="utf-8") as f:
        return f.read()


def records(name):
    return [json.loads(line) for line in text(name).splitlines() if line.strip()]


def counted(shots):
    judge.top_counted(shots[-1], text("top.status"), text("skipped"))


def lives():
    """48 writers of one page: as many mappings of one address at a time, and none at the end."""
    shots = [r for r in records("top.json") if r.get("type") == "top"]
    disk = [next(d for d in s["devices"] if d["kind"].endswith("vda")) for s in shots]
    check(num(disk[-1]["maps"]) >= 48 * 40, "the writers' mappings are counted", disk[-1])
    counted(shots)
    check(num(disk[-1]["live"]) == 0 and num(disk[-1]["live_bytes"]) == 0,
          "when they have ended none is live", [d["live"] for d in disk])
    # the state of devices, by the kernel's own structures: times, and what time changes, left out
    state = []
    for name in ("outside.json", "inside.json"):
        state.append({r["dev"]: {k: v for k, v in r.items() if k not in ("ts", "t", "pool_used")}
                      for r in records(name) if r["type"] == "device"})
    known = [sum(d.get("coherent_mask") is not None for d in s.values()) for s in state]
    check(known[0] > 3, "outside a PID namespace the devices' state is read", known)
    check(state[0] == state[1], "within one it is the same",
          [(state[0][k], state[1].get(k)) for k in state[0] if state[0][k] != state[1].get(k)])


def many():
    """200,000 direct mappings live at a time: far more than the index has places for."""
    shots = [r for r in records("top.json") if r.get("type") == "top"]
    then = int(text("mapped"))
    card = [next((d for d in s["devices"] if d["name"] == "0000:00:04.0"), None) for s in shots]
    check("200000 done, 0 refused" in text("map.txt"), "200,000 were mapped", text("map.txt"))
    counted(shots)
    check(num(card[then - 1]["live"]) == 200000 and num(card[then - 1]["live_bytes"]) == 200000 * 64,
          "all of them are live", card[then - 1])
    check(num(card[-1]["live"]) == 0 and num(card[-1]["live_bytes"]) == 0, "and none when they are unmapped", card[-1])


def unmaps():
    """NVMe, multi-segment requests: mapped, never unmapped, as dma_need_unmap() allows."""
    trace = records("trace.json")
    judge.whole(trace[-1])
    devs = [r for r in trace if r["type"] == "device" and r["name"] == "0000:00:02.0"]
    dev = devs[0]
    maps = [r for r in trace if r["type"] == "map" and r["dev"] == dev["dev"]]
    ended = [r for r in trace if r["type"] == "unmap" and r["dev"] == dev["dev"]]
    check(len(maps) >= 128 and len(ended) < len(maps) / 2,
          "the driver leaves out most unmaps", (len(maps), len(ended)))
    check(any(d.get("may_skip_unmap") == 1 for d in devs), "the device's record says that it may",
          devs)
    report = text("report.txt")
    ids = [f["id"] for f in json.loads(text("report.json"))["findings"]]
    check("mapping-leak" not in ids and "leak-at-remove" not in ids,
          "neither a leak nor one at the unbinding is found", ids)
    check("not followed" in report and "dma_need_unmap" in report,
          "the report says that these mappings are not followed", report)


def iommu():
    """dma-iommu of 6.1, known by its operations."""
    trace = records("trace.json")
    judge.whole(trace[-1])
    maps = [r for r in trace if r["type"] == "map"]
    paths = {r["path"] for r in maps}
    check(len(maps) > 32 and paths == {"iommu"}, "each mapping goes through the IOMMU", paths)


def lists():
    """8 lists of 6 elements of a device that the kernel does not trust: part of a page is bounced."""
    trace = list(judge.parts(records("trace.json")))
    judge.whole(trace[-1])
    dev = next(r["dev"] for r in trace if r["type"] == "device" and r["name"] == "0000:01:00.0")
    maps = [r for r in trace if r["type"] == "map" and r["dev"] == dev]
    check("8 done, 0 refused" in text("lists.txt"), "8 lists were mapped", text("lists.txt"))
    paths = [[m["path"] for m in maps if m.get("index", 0) == i] for i in range(6)]
    check(paths == [["bounced"] * 8, ["iommu"] * 8] * 3,
          "each element that is no whole page is bounced, and each other one translated", paths)
    slots = [(r["phys"], r["size"]) for r in trace if r["type"] == "bounce" and r["dev"] == dev]
    wanted = [(m["phys"], m["size"]) for m in maps if m["path"] == "bounced"]
    check(len(wanted) == 24 and slots == wanted, "each of those has its slots", (slots, wanted))


def taken_again(trace):
    """How many mappings have a slot whose last mapping ends only later in the trace."""
    live, again = set(), 0
    for r in trace:
        if r["type"] == "map":
            again += r["dma"] in live
            live.add(r["dma"])
        elif r["type"] == "unmap":
            live.discard(r["dma"])
    return again


def reuse():
    """
    Four threads contend for the slots of four mappings: one takes what the other has released and not told
    yet. Counts are exact, and the index lacks no more than it says.
    """
    kept = int(re.search(r"map: (\d+) done", text("map.txt")).group(1)) - 4
    check(text("unmap.txt").startswith("unmap: 4 done") and kept > 200 and
          text("contend.txt") == "contend: 80000 done, 0 refused\n",
          f"{kept} mappings are kept; four threads mapped 80,000 times", text("contend.txt"))
    look = json.loads(text("looks").split("ready\n", 1)[1])
    counted = {way: n for way, (n, _) in look["live"].items()}
    check(counted == {"0000:00:04.0 bounced": kept}, "by the counts those that are kept live, and no other", counted)
    check(len(look["mappings"]) == look["found"] and look["found"] + look["missing"] >= kept,
          f"the index has {look['found']} and says that it may lack {look['missing']}",
          (look["found"], look["missing"]))
    check(int(text("used")) == 2 * kept, "as many slots are in use by the kernel's own number", text("used"))
    with gzip.open(os.path.join(out, "trace.json.gz"), "rt") as f:
        trace = list(map(json.loads, f))
    judge.whole(trace[-1])
    print(f"# {taken_again(judge.parts(trace))} slots were reused before their unmap was traced")
    report = json.loads(text("report.json"))
    found = [f"{f['severity']} {f['id']}: {f['evidence']}" for f in report["findings"]
             if f["severity"] in ("error", "warning") and f["id"] != "pool-pressure"]
    card = next(d for d in report["devices"] if d["name"] == "0000:00:04.0")
    check(text("recorded.txt") == "contend: 40000 done, 0 refused\n" and
          num(card["paths"]["bounced"]["maps"]) == 40000, "40,000 more were recorded", card["paths"])
    check(not found, "and none of them is a fault", found)
    live = [r for r in report["ranges"] if r["device"] == "0000:00:04.0" and num(r["count"])]
    check(not live and num(report["pools"][0]["used"]) == 2 * kept,
          "none of them lives on, and the slots of those that were kept are in use", (live, report["pools"]))


def online():
    """
    100 mappings on a processor that came online after the start, 50 before and 50 after them on the other.
    Counting has no place for the 100, and says so; a recording has all.
    """
    loads = [line for line in text("load.txt").splitlines() if not line.startswith("#")]
    check(loads == ["map: 50 done, 0 refused", "map: 100 done, 0 refused", "map: 50 done, 0 refused",
                    "unmap: 200 done, 0 refused"] * 2, "the load did what it should, twice", loads)
    shots = [r for r in records("top.json") if r.get("type") == "top"]
    card = next(d for d in shots[-1]["devices"] if d["name"] == "0000:00:04.0")
    check(num(card["maps"]) == 100 and num(shots[-1]["lost"]) == 100 and not shots[-1]["complete"],
          "top counts the mappings of the other one, and as many as lost", (card["maps"], shots[-1]["lost"]))
    check(card["maps_least"] and not shots[0]["devices"][0]["maps_least"] and num(card["live"]) == 0 and
          text("top.status").strip() == "4",
          "it says that there were more, claims none to be live, and ends with status 4", card)
    trace = records("trace.json")
    dev = next(r["dev"] for r in trace if r["type"] == "device" and r["name"] == "0000:00:04.0")
    done = [(r["type"], r["cpu"]) for r in trace if r["type"] in ("map", "unmap") and r["dev"] == dev]
    check(done[:200] == [("map", 0)] * 50 + [("map", 1)] * 100 + [("map", 0)] * 50 and
          done[200:] == [("unmap", 0)] * 200, "a recording has all of them, by processor", done[:4])
    check(trace[-1]["complete"] is True and text("record.status").strip() == "0",
          "and says that nothing was lost", trace[-1])


def replug():
    """A device that is removed and found again 700 times: the places of 512 devices are enough."""
    with gzip.open(os.path.join(out, "top.json.gz"), "rt") as f:
        shots = [r for r in map(json.loads, f) if r.get("type") == "top"]
    counted(shots)
    # sysfs may have been too late for its name
    maps = {d["dev"]: num(d["maps"]) for s in shots for d in s["devices"] if num(d["maps"])}
    last = [d for d in shots[-1]["devices"] if d["name"] == "0000:00:04.0" and not d["removed"]]
    check(len(last) == 1 and num(last[0]["maps"]) == 50 and num(last[0]["live"]) == 0,
          "50 mappings of the last one", last)
    check(len(maps) == 701 and sum(maps.values()) == 700 + 50, "and one of each before it",
          (len(maps), sum(maps.values())))


def joined():
    """8 lists of 6 elements of 4 KiB, of a device with TCEs of 4 KiB: each list is one range of DMA addresses."""
    trace = list(judge.parts(records("trace.json")))
    judge.whole(trace[-1])
    dev = next(r["dev"] for r in trace if r["type"] == "device" and r["name"] == "0000:00:04.0")
    told = [(num(r["dma"]), num(r["size"])) for r in trace if r["type"] == "map" and r["dev"] == dev]
    events = [[[int(x, 16) for x in part.split(",")] for part in m] for m in re.findall(
        r"dma_map_sg: 0000:00:04.0 .* dma_addrs=\{(.*?)\} sizes=\{(.*?)\} phys_addrs=\{(.*?)\}", text("kernel.txt"))]
    check("8 done, 0 refused" in text("lists.txt") and
          [[len(part) for part in e] for e in events] == [[1, 1, 6]] * 8, "the kernel joined 6 elements, 8 times", events)
    check(told == [(e[0][0], e[1][0]) for e in events] and {size for _, size in told} == {6 * 4096},
          "each is one mapping, with the kernel's address and size", told)
    ended = [(num(r["dma"]), num(r["size"])) for r in trace if r["type"] == "unmap" and r["dev"] == dev]
    check(ended == told, "and ends as one", ended)
    pages = [[num(r["phys"]) for r in trace if r["type"] == "tce_set" and start <= num(r["dma"]) < start + size]
             for start, size in told]
    check(all(set(e[2]) <= set(p) for e, p in zip(events, pages)) and len(pages) == 8,
          "its TCEs lead to the pages of all six", (events, pages))


{"lives": lives, "many": many, "unmaps": unmaps, "iommu": iommu, "lists": lists, "reuse": reuse,
 "online": online, "replug": replug, "joined": joined}[script]()
sys.exit(judge.finish())
