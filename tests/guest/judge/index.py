#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Compares two looks at the index with the mappings that a recording leaves live, which is read
without the tool, and with the kernel's number of slots in use. TAP."""
import gzip
import json
import os
import sys

import judge
from judge import check, num

out, guest = sys.argv[1:]
judge.about(guest)


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


looks = list(objects(text("looks").split("ready\n", 1)[1]))
used = [int(line) for line in text("used").split()]
names, live = {}, {}
with gzip.open(os.path.join(out, "trace.json.gz"), "rt") as f:
    for r in map(json.loads, f):
        key = names.get(r.get("dev")), num(r.get("dma"))
        if r["type"] == "session":
            start = num(r["start_ns"])
        elif r["type"] == "device":
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
check(indexed == recorded and len(recorded) > 200,
      f"all {len(recorded)} mappings that the recording leaves live are in the index, and no other: "
      "device, address, size, path, memory",
      f"only recorded: {recorded - indexed}\nonly indexed: {indexed - recorded}")
check(sum(m[3] == way for m in indexed) > 200, "most of them take the way that they take here")
check(first["missing"] == 0 and first["found"] == sum(n for n, _ in first["live"].values()),
      "by the counts none is missing in it", first["live"])
held = sum(d["slots"] for d in first["devices"].values())
check(held == used[1] - used[0] and (held > 200) == (way == "bounced"),
      f"it holds {held} slots, by the kernel's own number {used[1] - used[0]}", used)
# When it was made, by the recording, and its age: that is when the index was asked, to a second.
asked, answered = (float(line.split()[0]) for line in text("asked").splitlines())
now = [(start + num(live[m[0], m[2]]["t"])) / 1e9 + m[6] / 1e3 for m in first["mappings"]
       if (m[0], m[2]) in live]
check(now and asked - 1 < min(now) and max(now) < answered + 1, "their ages are what the recording says",
      (asked, answered, now and (min(now), max(now))))
check(last["found"] == 0 and not last["live"] and not last["mappings"] and last["missing"] == 0,
      "when the device has given all back, nothing is left", last["live"])
sys.exit(judge.finish())
