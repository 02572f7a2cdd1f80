#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
What a process maps by vfio, by what it printed; and what translation costs the disk, by the mappings
of the trace. usage: vfio.py DIR
"""
import json
import pathlib
import sys

from judge import check, finish, num

here = pathlib.Path(sys.argv[1])
said = (here / "vfio.out").read_text().split()
check("unmapped" in said, "the process mapped and unmapped", (here / "vfio.out").read_text())
pid, device = int((here / "pid").read_text()), (here / "device").read_text().strip()


def events(name, kind):
    return [e for line in (here / f"{name}.json").read_text().splitlines()
            if (e := json.loads(line))["type"] == kind]


def device_of(name, which):
    return next(d for d in json.loads((here / f"{name}.report.json").read_text())["devices"]
                if d["name"] == which)


maps = events("vfio", "domain_map")
mine = [e for e in maps if e.get("pid") == pid]
check(mine and all(e["comm"] == "vfio" for e in mine), "its mappings have its name", maps[:3])
spans = sorted((num(e["dma"]), num(e["size"])) for e in mine)
low = [s for s in spans if 0x100000 <= s[0] < 0x200000]
high = [s for s in spans if 0x40000000 <= s[0] < 0x40010000]
check(sum(s[1] for s in low) == 1 << 20 and sum(s[1] for s in high) == 1 << 16,
      "1 MiB and 64 KiB were mapped, each page once", spans)
gone = [e for e in events("vfio", "domain_unmap") if num(e["dma"]) >> 16 == 0x4000]
check(sum(num(e["size"]) for e in gone) == 1 << 16, "64 KiB were unmapped", gone)
card = device_of("vfio", device)
check(card["driver"] == "vfio-pci" and [(u["dma"], num(u["size"]), num(u["pid"]), u["comm"])
                                        for u in card["user_mappings"] if num(u["dma"]) < 1 << 31] ==
      [("0x100000", 1 << 20, pid, "vfio")], "the device has what is left, for that process",
      card["user_mappings"])
check(num(card["user_bytes"]) == sum(num(u["size"]) for u in card["user_mappings"]),
      "bytes and ranges agree", card["user_bytes"])

maps = [e for e in events("disk", "map") if e["path"] == "iommu"]
name = next(d["name"] for d in json.loads((here / "disk.report.json").read_text())["devices"]
            if (d["kind"] or "").endswith("vda"))
disk = device_of("disk", name)
t = disk["translation"]
check(t is not None and num(t["asked_bytes"]) > 0 and t["pages_bytes"] is not None,
      "the disk's mappings are translated", t)
asked, pages = num(t["asked_bytes"]), num(t["pages_bytes"])
check(pages % 4096 == 0 and pages >= asked, "pages hold what was asked for", t)
key = next(e["dev"] for e in events("disk", "device") if e["name"] == name)
spanned = sum(((num(e["dma"]) + num(e["size"]) + 4095 & -4096) - (num(e["dma"]) & -4096))
              for kind in ("map", "alloc") for e in events("disk", kind)
              if e.get("dev") == key and e["path"] in ("iommu", "coherent", "bounced"))
check(pages == spanned, "the IOMMU mapped the pages that the mappings span, and no others", (pages, spanned))
if disk["iommu_domain"] == "DMA-FQ":
    unmaps = [e for e in events("disk", "unmap") if e.get("dev") == key]
    check(t["lazy"] and num(t["flushes"]) > 0 and num(t["reaches"]) <= len(unmaps) and
          num(t["reaches"]) >= len(unmaps) * 0.8, "nearly all unmaps were followed to their flush",
          (t, len(unmaps)))
    check(0 < num(t["reach_max"]) < 1 << 30 and num(t["reach_p50"]) <= 2 * num(t["reach_max"]),
          "the time to the flush is some milliseconds", t)
sys.exit(finish())
