#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Checks what tests/guest/test_identity left: each hook's counts against the records that arrived,
the gaps that were told, and the kernel's own histograms of the same events. TAP."""
import collections
import json
import os
import sys

out = sys.argv[1]
tests = []
OUTCOMES = ("delivered", "filtered", "ignored", "dropped", "failed")


def ok(name, good, why=""):
    tests.append(good)
    print(f"{'ok' if good else 'not ok'} {len(tests)} - {name}")
    if not good:
        print("# " + str(why)[:1500].replace("\n", "\n# "))


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
        records = [json.loads(line) for line in text(name + ".json").splitlines()]
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
        """Hits of trace events, as the kernel counted them over the same time."""
        return {e: (kernel[name][e], self.hooks[h]["hits"])
                for e, h in (("dma_map_page", "map"), ("dma_unmap_page", "unmap"),
                             ("swiotlb_bounced", "swiotlb.bounced"))
                if kernel[name][e] != self.hooks[h]["hits"]}


def check_recording(name, lossy):
    t = Trace(name)
    total = sum(c["hits"] for c in t.hooks.values())
    ok(f"{name}: each of {total} hits, of {len(t.hooks)} hooks, has its outcome", not t.off(),
       t.off())
    ok(f"{name}: trace events hit as often as the kernel's own histograms say "
       f"({sum(kernel[name].values())})", not t.kernel_agrees(name) and total > 1000,
       t.kernel_agrees(name))
    lost = t.lost()
    if lossy:
        ok(f"{name}: {sum(lost.values())} were lost, and the trace's gaps say so, hook by hook",
           sum(lost.values()) > 0 and lost == dict(t.gaps), f"{lost}\n{dict(t.gaps)}")
        ok(f"{name}: exit status 4, no complete trace, and stderr says why",
           status[name] == 4 and t.end["complete"] is False and
           "incomplete" in text(name + ".err"), (status[name], t.end, text(name + ".err")))
    else:
        ok(f"{name}: nothing is lost, exit status 0",
           not lost and not t.gaps and t.end["complete"] is True and status[name] == 0,
           (lost, status[name]))
    for hook, kinds in (("map", ("map",)), ("unmap", ("unmap",)), ("swiotlb.map", ("bounce",)),
                        ("swiotlb.bounced", ("bounce_request",))):
        sent = t.hooks[hook]["delivered"]
        if hook in ("map", "unmap"):	# lists' elements are records of the same kind
            sent += t.hooks.get(hook + "_sg", {}).get("delivered", 0)
        there = sum(t.kinds[k] for k in kinds)
        if sent != there:
            ok(f"{name}: {hook}: as many records as were delivered", False, (sent, there))
            return
    ok(f"{name}: as many records as were delivered", True)


check_recording("whole", False)
check_recording("tiny", True)
check_recording("stopped", True)
ok("the report tells of the loss", "lost" in text("stopped.txt"), text("stopped.txt"))

frames = [json.loads(line) for line in text("count.json").splitlines()]
maps = sum(int(c["maps"]) for d in frames[-1]["devices"] for c in d["paths"].values())
before = sum(int(c["maps"]) for d in frames[0]["devices"] for c in d["paths"].values())
seen = kernel["count"]["dma_map_page"]
ok(f"counting with the reader stopped: {maps} maps, as the kernel's histogram",
   maps >= seen - before and maps > 1000 and
   (kernel["count"]["dma_map_sg"] or maps == seen), (maps, before, dict(kernel["count"])))
ok("counting: nothing is lost, exit status 0",
   status["count"] == 0 and frames[-1]["lost"] == "0" and frames[-1]["complete"], frames[-1])

t = Trace("leaky")
ok("a tool that forgets outcomes: some hooks' hits do not add up", t.off(), t.hooks)
ok("and it says so: exit status 4, no complete trace",
   status["leaky"] == 4 and t.end["complete"] is False and "incomplete" in text("leaky.err"),
   (status["leaky"], t.end, text("leaky.err")))
ok("while it records, as gaps", t.gaps and
   all(0 < n <= t.off().get(h, 0) for h, n in t.gaps.items()), f"{dict(t.gaps)}\n{t.off()}")
ok("and its report", "do not add up" in text("leaky.txt") or "lost" in text("leaky.txt"),
   text("leaky.txt"))
frames = [json.loads(line) for line in text("leakycount.json").splitlines()]
ok("top's objects say it, and its exit status is 4",
   int(frames[-1]["lost"]) > 0 and not frames[-1]["complete"] and status["leakycount"] == 4,
   (frames[-1]["lost"], status["leakycount"]))
screen = text("screen.txt")
ok("and its screen", "nothing lost" not in screen.split("\n\n")[-1] and "lost" in screen, screen)
print(f"1..{len(tests)}")
sys.exit(not all(tests))
