#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Measures in the lab's guests what dmascope costs a mapping, in instructions of the guest, against
its bounds, bpftrace and the kernel's own tracer; writes the guests' part of doc/performance.md.
How is said in notes.md beside this file.

usage: guest.py [--guest NAME]... [--write FILE] [--rounds N] [--keep DIR] [--no-rivals] [--no-growth]
       guest.py --profile TOOL [--guest NAME]... [--keep DIR]
	--keep		leave the guests' logs there, and go on from those that an interrupted run left
	--profile	only print which functions a mapping and its unmapping execute (TOOL: of run.sh)
"""
import argparse
import datetime
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.dirname(HERE))
import bench  # noqa: E402
import functions  # noqa: E402
from bench import Row, log, number  # noqa: E402

PAIRS = 1000
BATCHES = 3
FUNCTIONS = 24  # listed of those that record executes
CPUS = 16  # record has eight rings: the second half of them writes into those of the first
SUITE = "sid"  # has bpftrace for both architectures
POOL = "swiotlb=1100000,force"  # for a million mappings in it
DEVICE = "-device e1000,romfile="


class Guest:
    """What differs between the guests that are measured."""

    def __init__(self, name, arch, build, what, loads, growth, cpus, qemu, kernel_benchmark):
        self.name, self.arch, self.build, self.what = name, arch, build, what
        self.loads, self.growth, self.cpus, self.qemu = loads, growth, cpus, qemu
        self.kernel_benchmark = kernel_benchmark


GROW_DEVICES = {"grow-1-device": "1,64,512,1", "grow-1024-devices": "1024,64,512,1"}
GROW_SLOTS = {"grow-1k-slots": "0,64,512,1000", "grow-1M-slots": "0,64,512,1000000"}
GROW_TCES = {"grow-1k-TCEs": "0,32,512,1000", "grow-500k-TCEs": "0,32,512,500000"}
GROW_CPUS = {f"grow-{n}-cpus": f"1,64,4096,1,{n}" for n in (1, 8, CPUS)}
GUESTS = [
    Guest("pef", "ppc64le", "build/ppc64le", "PEF guest, ppc64le with pages of 64 KiB",
          {"TCE, 4 KiB": "0,32,4096,1", "bounced, 4 KiB": "0,64,4096,1",
           "bounced, 64 KiB": "0,64,65536,1"},
          {**GROW_DEVICES, **GROW_SLOTS, **GROW_TCES}, {},
          # a window of 2 GiB, for half a million TCEs
          ["-global", "spapr-pci-host-bridge.dma_win_size=0x80000000"], True),
    Guest("x86", "amd64", "build/amd64-static", "x86-64 guest with swiotlb=force",
          {"bounced, 4 KiB": "0,64,4096,1", "bounced, 64 KiB": "0,64,65536,1"},
          {},  # the same maps, by the same programs
          GROW_CPUS, [], False),
]
OURS = ["none", "empty", "floor", "counts", "top", "record"]
RIVALS = ["bpftrace:aggregate", "bpftrace:print", "trace-cmd"]
NAMES = {
    "none": "nothing attached",
    "empty": "empty programs on top's hooks",
    "floor": "the floor on top's hooks",
    "counts": "dmascope top --counts-only",
    "top": "dmascope top",
    "empty-record": "empty programs on record's hooks",
    "record": "dmascope record",
    "bpftrace:aggregate": "bpftrace, top's aggregation",
    "bpftrace:print": "bpftrace, printf of record's events",
    "trace-cmd": "trace-cmd record, record's events",
}


class Results:
    """What a guest's run.sh said."""

    def __init__(self, pairs=PAIRS):
        self.pairs = pairs
        self.count, self.all, self.kernel = {}, {}, {}
        self.hits, self.memory, self.hooks, self.errors = {}, {}, {}, []
        self.doctor = self.memory_grown = None

    def read(self, text):
        for line in text.splitlines():
            w = line.split()
            if not w:
                continue
            if w[0] == "count":
                self.count.setdefault((w[2], w[3]), []).extend(int(n) / self.pairs for n in w[4:])
            elif w[0] == "all":
                self.all.setdefault((w[2], w[3]), []).append(int(w[4]) / self.pairs / BATCHES)
            elif w[0] == "kernel":
                self.kernel.setdefault((w[2], w[3]), []).append(
                    (float(w[4]) + float(w[5])) * 1000)
            elif w[0] == "hits":
                self.hits.setdefault((w[1], w[2]), []).append((w[3], int(w[4]), int(w[5])))
            elif w[0] == "memory":
                self.memory[w[1]] = [int(n) for n in w[2:5]]
            elif w[0] == "doctor":
                self.doctor = [int(n) for n in w[1:3]]
            elif w[0] == "hook":
                self.hooks.setdefault(w[1], []).append(tuple(w[2:4]))
            elif w[0] == "error":
                self.errors.append(line[6:])

    def middle(self, tool, load):
        return statistics.median(self.count[tool, load])

    def extra(self, tool, load):
        """Instructions that a pair takes more than with nothing attached."""
        return self.middle(tool, load) - self.middle("none", load)

    def machine(self, tool, load):
        return statistics.median(self.all[tool, load]) - statistics.median(self.all["none", load])

    def has(self, tool, load):
        return (tool, load) in self.count


def lab(*args, **kw):
    return subprocess.run([f"{TOP}/tools/lab/lab", *args], check=True, text=True, **kw)


def share_for(guest, folder, rivals):
    """Everything that goes into the guest."""
    module, share = f"{folder}/module", f"{folder}/share"
    for stale in (module, share):
        shutil.rmtree(stale, ignore_errors=True)
    shutil.copytree(f"{HERE}/module", module)
    shutil.copy(f"{TOP}/tools/lab/guest/magic.h", module)
    lab("module", guest.name, module, stdout=sys.stderr)
    os.mkdir(share)
    shutil.copy(f"{module}/dms_pairs.ko", share)
    shutil.copy(f"{HERE}/run.sh", share)
    for name in ("rivals", "rivals.bpf.o"):
        shutil.copy(f"{TOP}/{guest.build}/bench/{name}", share)
    versions = []
    for name in rivals:
        out = lab("program", guest.name, SUITE, name, f"usr/bin/{name}", share,
                  stdout=subprocess.PIPE).stdout
        versions.append(f"{name} {out.split()[-1]}")
    for name in ("aggregate", "print"):
        shutil.copy(f"{HERE}/bt/{name}-{guest.arch}.bt", f"{share}/{name}.bt")
    return share, versions


def boot(guest, share, out, command, *options):
    """
    What run.sh says in the guest, or said when this was measured before (--keep). The kernel has the
    mitigations that a user's has.
    """
    said = f"{out}/said"
    if os.path.exists(said):
        with open(said) as f:
            return f.read()
    tool = f"{TOP}/{guest.build}/dmascope"
    qemu = guest.qemu + DEVICE.split()
    p = lab("run", guest.name, "--count", "--devices", "none", "--tool", tool, "--share", share,
            "--timeout", "3000", "--without", "mitigations=off", "--qemu", " ".join(qemu), *options,
            "--out", out, "--", "sh", "/share/run.sh", *command, stdout=subprocess.PIPE)
    with open(said, "w") as f:
        f.write(p.stdout)
    return p.stdout


def slug(load):
    return load.replace(", ", "-").replace(" ", "")


def measure(guest, args, folder):
    share, versions = share_for(guest, folder, ["bpftrace", "trace-cmd"] if args.rivals else [])
    got = Results()
    tools = OURS[:-1] + ["empty-record", "record"] + (RIVALS if args.rivals else []) + ["none"]
    loads = [f"{slug(name)}={line}" for name, line in guest.loads.items()]
    log(f"{guest.name}: what a mapping costs")
    got.read(boot(guest, share, f"{folder}/cost", [str(args.rounds), str(PAIRS), str(BATCHES),
                                                  " ".join(tools), *loads], "--mem", "3G"))
    if guest.kernel_benchmark:
        log(f"{guest.name}: the kernel's benchmark")
        got.read(boot(guest, share, f"{folder}/kernel", [
            "1", str(PAIRS), "1", "none counts top record", "32=kernel,32", "64=kernel,64"]))
    if args.growth:
        grow(guest, share, folder, got)
    with open(f"{folder}/cost/run.json") as f:
        release = re.search(r'"release": "(.*?)"', f.read()).group(1)
    return got, release, versions, profile_table(guest, share, folder)


def grow(guest, share, folder, got):
    """With many devices, mappings and processors. Memory there is that of a large pool's index."""
    usual = dict(got.memory)
    if guest.growth:
        log(f"{guest.name}: with many devices and mappings")
        loads = [f"{name}={line}" for name, line in guest.growth.items()]
        got.read(boot(guest, share, f"{folder}/growth", [
            "1", str(PAIRS), str(BATCHES), "none top counts", *loads], "--mem", "6G",
            "--no-default-append", "--append", POOL))
        got.memory_grown = got.memory["top"]
    if guest.cpus:
        log(f"{guest.name}: with many processors")
        loads = [f"{name}={line}" for name, line in guest.cpus.items()]
        many = Results(PAIRS // 5)  # what two processors write has room in one ring
        many.read(boot(guest, share, f"{folder}/cpus", [
            "1", str(many.pairs), str(BATCHES), "none counts top record", *loads], "--mem", "3G",
            "--cpus", str(CPUS)))
        got.count |= many.count
    got.memory = usual


def profile(guest, share, folder, tool, name):
    """Instructions of each function in a pair, most first."""
    out = f"{folder}/profile-{tool.replace(':', '-')}-{slug(name)}"
    said = boot(guest, share, out, ["profile", str(PAIRS), str(BATCHES), tool,
                                    f"{slug(name)}={guest.loads[name]}"], "--profile", "--mem", "3G")
    return functions.by_function(said, f"{out}/profile", PAIRS * BATCHES)


def added(guest, share, folder, tool, name):
    """What the tool adds to a pair, by function."""
    without = dict(profile(guest, share, folder, "none", name))
    return {what: insns - without.get(what, 0)
            for what, insns in profile(guest, share, folder, tool, name)}


def profile_table(guest, share, folder):
    """Where record's instructions are, for the loads of 4 KiB."""
    log(f"{guest.name}: record's functions")
    loads = [name for name in guest.loads if name.endswith(", 4 KiB")]
    by_load = [added(guest, share, folder, "record", name) for name in loads]
    most = {what: max(found.get(what, 0) for found in by_load)
            for found in by_load for what in found}
    shown = sorted(most, key=most.get, reverse=True)[:FUNCTIONS]
    rows = [[what] + [f"{found.get(what, 0):,.0f}" for found in by_load] for what in shown]
    rows.append(["all others"] + [
        f"{sum(n for what, n in found.items() if what not in shown):,.0f}" for found in by_load])
    return "\n".join(["| what record adds to a pair, by function | " + " | ".join(loads) + " |",
                      "|---|" + "---|" * len(loads)] +
                     ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def print_profile(guest, args, folder):
    share, _ = share_for(guest, folder, [n for n in ("bpftrace", "trace-cmd") if n in args.profile])
    for name in guest.loads:
        found = profile(guest, share, folder, args.profile, name)
        print(f"{sum(n for _, n in found):10,.0f}  {guest.name}, {name}, {args.profile}")
        for what, insns in found:
            if insns >= 1:
                print(f"{insns:10,.1f}  {what}")


def commit_of(folder):
    """The commit that was measured, also when that was an earlier run."""
    path = f"{folder}/commit"
    if not os.path.exists(path):
        with open(path, "w") as f:
            f.write(bench.commit())
    with open(path) as f:
        return f.read()


# ---- what it means ----

def check_hits(got, guest):
    """A probe that did not fire costs nothing and proves nothing."""
    for tool in OURS[1:] + ["empty-record"] + RIVALS:
        for load in map(slug, guest.loads):
            if not got.has(tool, load):
                continue
            fired = [n for _, n, _ in got.hits.get((tool, load), []) if n >= 100]
            missed = sum(m for _, _, m in got.hits.get((tool, load), []))
            if len(fired) < (1 if tool == "trace-cmd" else 2):
                raise RuntimeError(f"{guest.name}: {tool} saw nothing of {load}")
            if missed:
                raise RuntimeError(f"{guest.name}: {tool} missed {missed} of {load}")
    lost = [e for e in got.errors]
    if lost:
        raise RuntimeError(f"{guest.name}: {lost}")


def ratio(what, over, under, bound=None, note=""):
    Row(what, over / under, "x", bound, note=note)


def rows_of_cost(got, guest):
    for name in guest.loads:
        load = slug(name)
        empty = got.middle("empty", load)
        floor = got.middle("floor", load) - empty
        for tool, bound in (("counts", 1.2), ("top", 1.5)):
            body = got.middle(tool, load) - empty
            ratio(f"{name}: body of {NAMES[tool]} : floor", body, floor, bound,
                  f"{number(body)} : {number(floor)} instructions")
    for name in guest.loads:
        load = slug(name)
        if not got.has("bpftrace:aggregate", load):
            continue
        ratio(f"{name}: top : bpftrace's aggregation", got.extra("top", load),
              got.extra("bpftrace:aggregate", load), 0.5,
              f"{number(got.extra('top', load))} : "
              f"{number(got.extra('bpftrace:aggregate', load))} instructions")
        if ("record", load) in got.all:
            ratio(f"{name}: record : bpftrace's printf, whole machine", got.machine("record", load),
                  got.machine("bpftrace:print", load), 0.07,
                  f"{number(got.machine('record', load))} : "
                  f"{number(got.machine('bpftrace:print', load))} instructions")
        ratio(f"{name}: ... in the mapping's own path", got.extra("record", load),
              got.extra("bpftrace:print", load), 0.5 if "TCE" in name else 0.4,
              f"{number(got.extra('record', load))} : "
              f"{number(got.extra('bpftrace:print', load))} instructions")


def rows_of_ends(got, guest):
    """A mapping with and without, as the device's driver sees it."""
    for tool, bound in (("counts", 1.07), ("top", 1.09), ("record", None)):
        for bits, name in (("64", "bounced, 64 KiB"), ("32", "TCE, 64 KiB")):
            if (tool, bits) in got.kernel:
                ratio(f"dma_map_benchmark, {name}: with {NAMES[tool]} : without",
                      got.kernel[tool, bits][0], got.kernel["none", bits][0],
                      bound if bits == "64" else None,
                      f"{number(got.kernel[tool, bits][0])} : "
                      f"{number(got.kernel['none', bits][0])} ns of guest time")
        for name in guest.loads:
            load = slug(name)
            ratio(f"{name}: with {NAMES[tool]} : without", got.middle(tool, load),
                  got.middle("none", load),
                  bound if "bounced" in name and not guest.kernel_benchmark else None,
                  f"{number(got.middle(tool, load))} : {number(got.middle('none', load))} "
                  "instructions")


def rows_of_growth(got):
    for few, many, bound, what in (
            ("grow-1-device", "grow-1024-devices", 1.15, "1,024 devices : 1"),
            ("grow-1k-slots", "grow-1M-slots", 1.2, "1,000,000 live bounces : 1,000"),
            ("grow-1k-TCEs", "grow-500k-TCEs", 1.2, "500,000 live TCE mappings : 1,000")):
        for tool in ("counts", "top"):
            if got.has(tool, many):
                ratio(f"cost of {NAMES[tool]}, {what}", got.extra(tool, many),
                      got.extra(tool, few), bound, f"{number(got.extra(tool, many))} : "
                      f"{number(got.extra(tool, few))} instructions")
    for cpus, what in ((8, "8 processors : 1"), (CPUS, f"{CPUS} processors : 1")):
        for tool, bound in (("counts", 1.2), ("top", 1.2), ("record", None)):
            if got.has(tool, f"grow-{cpus}-cpus"):
                more, one = (got.extra(tool, f"grow-{n}-cpus") for n in (cpus, 1))
                ratio(f"cost of {NAMES[tool]}, {what}", more, one, bound,
                      f"{number(more)} : {number(one)} instructions")


def rows_of_memory(got):
    rival = got.memory.get("bpftrace:aggregate")
    for tool in ("top", "record"):
        rss, peak, maps = got.memory[tool]
        Row(f"resident memory of {NAMES[tool]}", rss / 1024, "MiB", 14,
            note=f"peak {number(peak / 1024)} MiB; its maps in the kernel "
            f"{number(maps / 1048576)} MiB")
        if rival:
            ratio(f"... : bpftrace's", rss, rival[0], 1 / 6,
                  f"bpftrace {number(rival[0] / 1024)} MiB")
    if got.memory_grown:
        rss, _, maps = got.memory_grown
        Row("... of dmascope top, 1,024 devices, index of 1,100,000 slots", rss / 1024, "MiB",
            note=f"its maps in the kernel {number(maps / 1048576)} MiB")
    if got.doctor:
        formula, kernel = got.doctor
        maps = got.memory["record"][2]
        Row("doctor's formula of kernel memory is off what fdinfo says of record's maps",
            abs(formula / maps - 1) * 100, "%", 5, note=f"{formula:,} : {maps:,} bytes")


def matrix(got, guest):
    loads = list(guest.loads)
    out = ["| instructions for a mapping and its unmapping | " + " | ".join(loads) + " | "
           + " | ".join(f"whole machine, {n}" for n in loads) + " |",
           "|---|" + "---|" * (2 * len(loads))]
    for tool, name in NAMES.items():
        if not got.has(tool, slug(loads[0])):
            continue
        if tool == "none":
            cells = [f"{got.middle(tool, slug(n)):,.0f}" for n in loads] + ["" for n in loads]
        else:
            cells = [f"{got.extra(tool, slug(n)):+,.0f}" for n in loads]
            cells += [f"{got.machine(tool, slug(n)):+,.0f}" if (tool, slug(n)) in got.all else "?"
                      for n in loads]
        out.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(out) + "\n"


def section(guest, args, folder):
    bench.rows.clear()
    commit = commit_of(folder)
    got, release, versions, functions_table = measure(guest, args, folder)
    print(matrix(got, guest), end="")
    check_hits(got, guest)
    rows_of_cost(got, guest)
    rows_of_ends(got, guest)
    if args.growth:
        rows_of_growth(got)
    rows_of_memory(got)
    hooks = sorted({f"{kind} {symbol}" for kind, symbol in got.hooks["top"]
                    if symbol.startswith(("dma_map_p", "dma_unmap_p", "swiotlb_b", "swiotlb_tbl",
                                          "__swiotlb_tbl", "iommu_map", "tce_build", "tce_free"))})
    batches = min(len(v) for v in got.count.values())
    return (f"\n### {guest.what}\nCommit {commit}, {batches} batches or more for each number, "
            f"Linux {release}, "
            f"{', '.join(versions) or 'no rivals'}. Of top's hooks these fire here: "
            f"{', '.join(hooks)}.\n\n" + matrix(got, guest) + "\n" + bench.table() + "\n" + functions_table)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--guest", action="append", choices=[g.name for g in GUESTS], default=[])
    p.add_argument("--write")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--keep")
    p.add_argument("--no-rivals", dest="rivals", action="store_false")
    p.add_argument("--no-growth", dest="growth", action="store_false")
    p.add_argument("--profile", metavar="TOOL")
    args = p.parse_args()
    if args.write and (args.guest or not args.rivals or not args.growth):
        sys.exit("guest.py: only a whole run is written down")
    text = ""
    with tempfile.TemporaryDirectory() as tmp:
        for guest in GUESTS:
            if args.guest and guest.name not in args.guest:
                continue
            folder = f"{args.keep or tmp}/{guest.name}"
            os.makedirs(folder, exist_ok=True)
            if args.profile:
                print_profile(guest, args, folder)
            else:
                text += section(guest, args, folder)
    print(text)
    if args.write:
        bench.write_guests(args.write, f"{datetime.date.today()}, "
                           f"QEMU's TCG on {bench.machine()}.\n" + text, f"{HERE}/notes.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
