#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Compares two looks at the index with the mappings that a recording leaves live, which is read
without the tool, and with the kernel's number of slots in use. TAP."""
import gzip
import json
import os
import sys

out, guest = sys.argv[1:]
tests = []


def ok(name, good, why=""):
    tests.append(good)
    print(f"{'ok' if good else 'not ok'} {len(tests)} - {guest}: {name}")
    if not good:
        print("# " + str(why)[:1500].replace("\n", "\n# "))


def text(name):
    with open(os.path.join(out, name), encoding="utf-8") as f:
        return f.read()


def objects(data):
    decoder, at = json.JSONDecoder(), 0
    while data[at:].strip():
        while data[at].isspace():
            at += 1
        found, at = decoder.raw_decode(data, at)
        yield found


def num(value):
    return int(value, 0) if isinstance(value, str) else value


looks = list(objects(text("looks").split("ready\n", 1)[1]))
used = [int(line) for line in text("used").split()]
names, live = {}, {}
with gzip.open(os.path.join(out, "trace.json.gz"), "rt") as f:
    for r in map(json.loads, f):
        key = names.get(r.get("dev")), num(r.get("dma"))
        if r["type"] == "device":
            names[r["dev"]] = r["name"]
        elif r["type"] in ("map", "alloc"):
            live[key] = r
        elif r["type"] in ("unmap", "free"):
            live.pop(key, None)
recorded = {(dev, dma, num(r["size"]), r.get("path", "coherent"),
             num(r["phys"]) if r["type"] == "map" else -1) for (dev, dma), r in live.items()}
first, last = looks
indexed = {(dev, dma, size, path, phys) for dev, path, dma, phys, size, *_ in first["mappings"]}
way = "tce" if guest == "pef" else "bounced"
ok(f"all {len(recorded)} mappings that the recording leaves live are in the index, and no other: "
   "device, address, size, path, memory", indexed == recorded and len(recorded) > 200,
   f"only recorded: {recorded - indexed}\nonly indexed: {indexed - recorded}")
ok("most of them take the way that they take here", sum(m[3] == way for m in indexed) > 200)
ok("by the counts none is missing in it", first["missing"] == 0 and
   first["found"] == sum(n for n, _ in first["live"].values()), first["live"])
held = sum(d["slots"] for d in first["devices"].values())
ok(f"it holds {held} slots, by the kernel's own number {used[1] - used[0]}",
   held == used[1] - used[0] and (held > 200) == (way == "bounced"), used)
ages = [m[6] for m in first["mappings"]]
ok("their ages are seconds, not more", all(500 < a < 120000 for a in ages), (min(ages), max(ages)))
ok("when the device has given all back, nothing is left",
   last["found"] == 0 and not last["live"] and not last["mappings"] and last["missing"] == 0,
   last["live"])
print(f"1..{len(tests)}")
sys.exit(not all(tests))
