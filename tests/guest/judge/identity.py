#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Checks what tests/guest/test_identity left: each hook's counts against the records that arrived,
the gaps that were told, and the kernel's own histograms of the same events. TAP."""
import collections
import json
import os
import sys

import judge
from judge import check

out = sys.argv[1]

OUTCOMES = ("delivered", "filtered", "ignored", "dropped", "failed")


def text(name):
    with open(os.path.join(out, name), encoding="utf-8") as f:
        return f.read()


def table(name):
    return [line.split() for line in text(name).splitlines()]


status = {name: int(code) for name, code in table("status")}
kernel = collections.defaultdict(collections.Counter)
for run, event, hits in table("kernel"):
    kernel[run][event.replace("_phys", "_page")] += int(hits)


class Trace:
    """A recording, read without the tool."""

    def __init__(self, name):
        records = list(judge.parts(json.loads(line) for line in text(name + ".json").splitlines()))
        self.end = records[-1]
        self.hooks = {hook: {k: int(v) for k, v in c.items()}
                      for hook, c in self.end["hooks"].items()}
        self.arrived = collections.Counter(r.get("hook") for r in records)
        self.kinds = collections.Counter(r["type"] for r in records)
        self.gaps = collections.Counter()
        for r in records:
            if r["type"] == "gap":
                self.gaps[r["hook"]] += int(r["lost"])

    def off(self):
        """Hooks whose hits have no outcome: by how many."""
        return {h: c["hits"] - sum(c[o] for o in OUTCOMES) for h, c in self.hooks.items()
                if c["hits"] != sum(c[o] for o in OUTCOMES)}

    def lost(self):
        return {h: c["dropped"] + c["failed"] for h, c in self.hooks.items()
                if c["dropped"] + c["failed"]}

    def kernel_agrees(self, name):
        """Hits, as the kernel counted its trace events over the same time. After swiotlb_bounced
        comes one search for slots."""
        bounced = "swiotlb.bounced" if "swiotlb.bounced" in self.hooks else "swiotlb.map"
        return {e: (kernel[name][e], self.hooks[h]["hits"])
                for e, h in (("dma_map_page", "map"), ("dma_unmap_page", "unmap"),
                             ("swiotlb_bounced", bounced))
                if kernel[name][e] != self.hooks[h]["hits"]}


def check_recording(name, lossy):
    t = Trace(name)
    total = sum(c["hits"] for c in t.hooks.values())
    check(not t.off(), f"{name}: each of {total} hits, of {len(t.hooks)} hooks, has its outcome",
          t.off())
    check(not t.kernel_agrees(name) and total > 1000,
          f"{name}: trace events hit as often as the kernel's own histograms say "
          f"({sum(kernel[name].values())})", t.kernel_agrees(name))
    if any(theirs < ours <= theirs + 2 for theirs, ours in t.kernel_agrees(name).values()):
        print("# again: the kernel's histogram has a hit or two less than arrived")
    lost = t.lost()
    if lossy:
        check(sum(lost.values()) > 0 and lost == dict(t.gaps),
              f"{name}: {sum(lost.values())} were lost, and the trace's gaps say so, hook by hook",
              f"{lost}\n{dict(t.gaps)}")
        check(status[name] == 4 and t.end["complete"] is False and
              "incomplete" in text(name + ".err"),
              f"{name}: exit status 4, no complete trace, and stderr says why",
              (status[name], t.end, text(name + ".err")))
    else:
        check(not lost and not t.gaps and t.end["complete"] is True and status[name] == 0,
              f"{name}: nothing is lost, exit status 0",
              (lost, status[name]))
    for hook, kinds in (("map", ("map",)), ("unmap", ("unmap",)), ("swiotlb.map", ("bounce",)),
                        ("swiotlb.unmap", ("unbounce",)), ("swiotlb.bounced", ("bounce_request",))):
        sent = t.hooks.get(hook, {"delivered": 0})["delivered"]
        if hook in ("map", "unmap"):	# lists' elements are records of the same kind
            sent += t.hooks.get(hook + "_sg", {}).get("delivered", 0)
        there = sum(t.kinds[k] for k in kinds)
        if sent != there:
            check(False, f"{name}: {hook}: as many records as were delivered", (sent, there))
            return
    check(True, f"{name}: as many records as were delivered")


check_recording("whole", False)
check_recording("each", False)
check("swiotlb.bounced" in Trace("each").hooks and "swiotlb.bounced" not in Trace("whole").hooks,
      "attempts to bounce are recorded beside searches on request only")
check_recording("tiny", True)
check_recording("stopped", True)
check("lost" in text("stopped.txt"), "the report tells of the loss", text("stopped.txt"))

frames = [json.loads(line) for line in text("count.json").splitlines()]
maps = sum(int(c["maps"]) for d in frames[-1]["devices"] for c in d["paths"].values())
before = sum(int(c["maps"]) for d in frames[0]["devices"] for c in d["paths"].values())
seen = kernel["count"]["dma_map_page"]
check(maps >= seen - before and maps > 1000 and
      (kernel["count"]["dma_map_sg"] or maps == seen),
      f"counting with the reader stopped: {maps} maps, as the kernel's histogram",
      (maps, before, dict(kernel["count"])))
check(status["count"] == 0 and frames[-1]["lost"] == "0" and frames[-1]["complete"],
      "counting: nothing is lost, exit status 0", frames[-1])

t = Trace("leaky")
check(t.off(), "a tool that forgets outcomes: some hooks' hits do not add up", t.hooks)
check(status["leaky"] == 4 and t.end["complete"] is False and "incomplete" in text("leaky.err"),
      "and it says so: exit status 4, no complete trace",
      (status["leaky"], t.end, text("leaky.err")))
check(t.gaps and
      all(0 < n <= t.off().get(h, 0) for h, n in t.gaps.items()), "while it records, as gaps",
      f"{dict(t.gaps)}\n{t.off()}")
check("do not add up" in text("leaky.txt") or "lost" in text("leaky.txt"), "and its report",
      text("leaky.txt"))
frames = [json.loads(line) for line in text("leakycount.json").splitlines()]
check(int(frames[-1]["lost"]) > 0 and not frames[-1]["complete"] and status["leakycount"] == 4,
      "top's objects say it, and its exit status is 4",
      (frames[-1]["lost"], status["leakycount"]))
screen = text("screen.txt")
check(" LOST" in screen and "nothing lost" not in screen[screen.index(" LOST"):], "and its screen", screen)
sys.exit(judge.finish())
