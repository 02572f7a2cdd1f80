#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Makes doc/matrix.md from the runs of tests/guest/matrix: a table of kernels and hooks, each cell
the candidate that was used and how often it was hit, and whether the oracles agreed.

usage: matrix.py DIR	DIR holds GUEST-KERNEL.run and .tap; the traces are beside it
"""
import glob
import gzip
import json
import os
import re
import sys

SHORT = {"kprobe": "k", "tp_btf": "b", "raw_tp": "r", "fentry": "f"}


def version(key):
    guest, kernel = key
    return guest, [int(n) for n in kernel.split("-")[0].split(".")], kernel


def read_run(path):
    with open(path) as f:
        run = dict(line.rstrip("\n").split(" ", 1) for line in f)
    name = os.path.basename(path)[:-4]
    run["guest"], run["kernel"] = name.split("-", 1)
    tap = open(path[:-4] + ".tap", errors="replace").read()
    run["passed"] = len(re.findall(r"^ok ", tap, re.M))
    run["failed"] = re.findall(r"^not ok \d* ?- ?(.*)", tap, re.M)
    run["agree"] = re.findall(r"^ok \d+ - (.*)", tap, re.M)
    directory = os.path.join(os.path.dirname(os.path.dirname(path)),
                             f"{run['what']}-{run['guest']}-{run['kernel']}")
    run["records"] = []
    trace = os.path.join(directory, "trace.json.gz")
    if os.path.exists(trace):
        try:
            with gzip.open(trace, "rt") as f:
                run["records"] = [json.loads(line) for line in f]
        except (OSError, EOFError, ValueError):
            run["failed"].append("the trace cannot be read")
    run["release"] = next((r["kernel"] for r in run["records"] if r["type"] == "session"), "")
    return run


def oracle(run):
    """In a few words, what agreed with whom."""
    if run["failed"]:
        return "**FAILED**: " + "; ".join(run["failed"])
    said = []
    for text in run["agree"]:
        m = re.match(r"TCEs by (QEMU's trace|the plugin's log): none of (\d+) entries is missing",
                     text)
        if m:
            said.append(f"{m.group(2)} TCE entries ({m.group(1)})")
        m = re.match(r"all (\d+) shares and unshares agree", text)
        if m:
            said.append(f"{m.group(1)} shares (ultravisor)")
        m = re.match(r"all (\d+) bounces agree", text)
        if m:
            said.append(f"{m.group(1)} bounces (swiotlb_bounced)")
        m = re.match(r"all (\d+) dma:\* events agree", text)
        if m:
            said.append(f"{m.group(1)} mappings and unmappings (dma:*)")
    if run["what"] == "refusal":
        return "cannot run there, and says why (exit status 3)"
    return "agree: " + ", ".join(said)


def cells(run):
    """Per hook: what it was attached by and the hits, or why it was not."""
    out = {}
    ends = [r for r in run["records"] if r["type"] == "end"]
    counts = ends[0].get("hooks", {}) if ends else {}
    for r in run["records"]:
        if r["type"] != "hook":
            continue
        hits = counts.get(r["hook"], {}).get("hits", "0")
        out[r["hook"]] = (r["attach"], r["symbol"], hits, r["reason"])
    return out


def main():
    runs = sorted((read_run(p) for p in glob.glob(os.path.join(sys.argv[1], "*.run"))),
                  key=lambda r: version((r["guest"], r["kernel"])))
    if not runs:
        raise SystemExit("no runs")
    # in two pieces, or it would be taken for this file's own
    print("<!-- SPDX-License-""Identifier: GPL-2.0-only OR BSD-2-Clause -->")
    print("<!-- Made by tests/guest/matrix (make check-matrix); do not edit. -->")
    print("# Kernels and hooks\n")
    print("Each row is a guest that was booted, loaded with I/O and recorded, and whose trace was "
          "compared with\nan oracle: on ppc64le every TCE with QEMU's own trace and with the "
          "plugin's log; in pef and pv guests\nevery shared page with the ultravisor's log; on x86 "
          "and s390x every bounce and mapping with the kernel's\nown trace events. A warning of the "
          "guest's kernel while hooks are attached, at work or detached fails the\nrow.\n")
    print("| guest | kernel | checks | oracle | run |")
    print("|---|---|---|---|---|")
    for r in runs:
        print(f"| {r['guest']} | {r['release'] or r['kernel']} | {r['passed']} passed, "
              f"{len(r['failed'])} failed | {oracle(r)} | {r['date']}, {r['commit']} |")
    tables = [(r, cells(r)) for r in runs if r["records"]]
    hooks = []
    for _, c in tables:
        hooks += [h for h in c if h not in hooks]
    print("\n## What each hook was attached to, and its hits\n")
    print("**b** tp_btf, **r** raw_tp, **k** kprobe (with its return), **f** fentry or fexit; the "
          "function or\nevent; hits. **–** missing, see below; empty: not a hook of that machine, "
          "or not asked for.\nA kernel with -btf was built without BTF and given a file "
          "(tests/core/make-btf).\n")
    print("| hook | " + " | ".join(f"{r['guest']} {r['kernel']}" for r, _ in tables) + " |")
    print("|---" * (len(tables) + 1) + "|")
    for h in hooks:
        row = []
        for _, c in tables:
            if h not in c:
                row.append("")
            elif c[h][0]:
                row.append(f"{SHORT.get(c[h][0], c[h][0])} `{c[h][1]}` {c[h][2]}")
            else:
                row.append("–")
        print(f"| {h} | " + " | ".join(row) + " |")
    print("\n## Missing, and why\n")
    for r, c in tables:
        for h, (attach, _, _, reason) in c.items():
            if not attach:
                print(f"* {r['guest']} {r['kernel']}, {h}: {reason}")
    return 0


sys.exit(main())
