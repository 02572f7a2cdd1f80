#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Makes doc/matrix.md from the runs of tests/guest/matrix: a table of kernels and hooks, each cell
the candidate that was used and how often it was hit, and whether the oracles agreed.

usage: matrix.py DIR OLD	DIR holds GUEST-KERNEL.run and .tap; the traces are beside it. Rows that are
	not in DIR stay as they are in the page OLD, with their date and commit.
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
    tap = open(path[:-4] + ".tap", errors="replace").read()
    run["passed"] = len(re.findall(r"^ok ", tap, re.M))
    run["failed"] = re.findall(r"^not ok \d* ?- ?(.*)", tap, re.M)
    run["agree"] = re.findall(r"^ok \d+ - (.*)", tap, re.M)
    run["records"] = []
    trace = os.path.join(run["dir"], "trace.json.gz")
    if os.path.exists(trace):
        try:
            with gzip.open(trace, "rt") as f:
                run["records"] = [json.loads(line) for line in f]
        except (OSError, EOFError, ValueError):
            run["failed"].append("the trace cannot be read")
    run["release"] = next((r["kernel"] for r in run["records"] if r["type"] == "session"), "")
    if run["what"] in ("iommu", "restricted") and run["release"]:
        run["release"] += "," + run["kernel"].split("-")[-1]
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
        m = re.match(r"the (\d+) pages that the guest converted are those of the trace", text)
        if m:
            said.append(f"{m.group(1)} converted pages (the guest's calls)")
        m = re.match(r"all (\d+) bounces agree", text)
        if m:
            said.append(f"{m.group(1)} bounces (swiotlb_bounced)")
        m = re.match(r"all (\d+) dma:\* events agree", text)
        if m:
            said.append(f"{m.group(1)} mappings and unmappings (dma:*)")
        m = re.match(r"none of (\d+) pages that the guest asked to map is missing", text)
        if m:
            said.append(f"{m.group(1)} pages that the guest asked to map (its requests to QEMU)")
    translated = [int(m.group(1)) for text in run["agree"] if
                  (m := re.match(r".*QEMU's IOMMU led none of (\d+) mapped pages elsewhere", text))]
    if translated:
        said.append(f"{sum(translated)} mapped pages (translations of QEMU's IOMMU)")
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


def row_of(run):
    """What doc/matrix.md says of one run: its line, a cell for each hook, lines of what is missing."""
    row = {"guest": run["guest"], "kernel": run["kernel"], "cells": {}, "missing": [], "line":
           f"| {run['guest']} | {run['release'] or run['kernel']} | {run['passed']} passed, "
           f"{len(run['failed'])} failed | {oracle(run)} | {run['date']}, {run['commit']} |"}
    for hook, (attach, symbol, hits, reason) in cells(run).items():
        row["cells"][hook] = f"{SHORT.get(attach, attach)} `{symbol}` {hits}" if attach else "–"
        if not attach:
            row["missing"].append(f"* {run['guest']} {run['kernel']}, {hook}: {reason}")
    return row


def cells_before(lines):
    """The cells of a page that was made earlier: {"GUEST KERNEL": {hook: cell}}."""
    cells, columns = {}, None
    for line in lines:
        row = [c.strip() for c in line.strip("|").split(" | ")] if line.startswith("| ") else []
        if row and row[0] == "hook":
            columns = row[1:]
            cells.update({c: {} for c in columns})
        elif row and columns:
            for column, cell in zip(columns, row[1:]):
                if cell:
                    cells[column][row[0]] = cell
        elif not line.startswith("|"):
            columns = None
    return cells


def rows_before(path):
    """
    The rows of a page that was made earlier. A row's line has the kernel's release, the head of its
    column the version: they are in the same order. A row without a trace has no column.
    """
    lines = open(path).read().splitlines() if os.path.exists(path) else []
    cells, rows = cells_before(lines), []
    for line in lines:
        m = re.match(r"\| (?!guest |hook )(\S+) \| (\d+\.\d+\S*) \|.* \|$", line)
        if not m:
            continue
        row = {"guest": m.group(1), "kernel": m.group(2), "cells": {}, "missing": [], "line": line}
        free = [c for c in cells if c not in [f"{r['guest']} {r['kernel']}" for r in rows]]
        head = next((c for c in free if c.split(" ")[0] == row["guest"] and re.match(
            re.escape(c.split(" ")[1].split("-")[0]) + "[.-]", m.group(2))), None)
        if head:
            row["kernel"], row["cells"] = head.split(" ")[1], cells[head]
        row["missing"] = [x for x in lines if x.startswith(f"* {row['guest']} {row['kernel']}, ")]
        rows.append(row)
    return rows


def print_hooks(rows):
    """A table for each guest, so that it can be read: its kernels beside each other, a line a hook."""
    print("\n## What each hook was attached to, and its hits\n")
    print("**b** tp_btf, **r** raw_tp, **k** kprobe (with its return), **f** fentry or fexit; the "
          "function or\nevent; hits. **–** missing, see below; empty: not a hook of that kernel, "
          "or not asked for.\nA kernel with -btf was built without BTF and given a file "
          "(tests/core/make-btf).")
    for guest in dict.fromkeys(r["guest"] for r in rows):
        these = [r for r in rows if r["guest"] == guest]
        print(f"\n### {guest}\n")
        print("| hook | " + " | ".join(f"{guest} {r['kernel']}" for r in these) + " |")
        print("|---" * (len(these) + 1) + "|")
        for h in dict.fromkeys(h for r in these for h in r["cells"]):
            print(f"| {h} | " + " | ".join(r["cells"].get(h, "") for r in these) + " |")


def main():
    rows = [row_of(read_run(p)) for p in glob.glob(os.path.join(sys.argv[1], "*.run"))]
    here = {(r["guest"], r["kernel"]) for r in rows}
    rows += [r for r in rows_before(sys.argv[2]) if (r["guest"], r["kernel"]) not in here]
    rows.sort(key=lambda r: version((r["guest"], r["kernel"])))
    if not rows:
        raise SystemExit("no runs")
    # in two pieces, or it would be taken for this file's own
    print("<!-- SPDX-License-""Identifier: GPL-2.0-only OR BSD-2-Clause -->")
    print("<!-- Made by tests/guest/matrix (make check-matrix); do not edit. -->")
    print("# Kernels and hooks\n")
    print("Each row is a guest that was booted, loaded with I/O and recorded, and whose trace was "
          "compared with\nan oracle: on ppc64le every TCE with QEMU's own trace and with the "
          "plugin's log; in pef and pv guests\nevery shared page with the ultravisor's log; in snp, "
          "tdx and cca guests every converted page with the\nguest's calls; on x86, arm64 and s390x every "
          "bounce and mapping with the kernel's own trace events; behind an\nIOMMU (its name follows the "
          "kernel's) every mapped page with the translations that QEMU's IOMMU made; where\nthe kernel's name is "
          "followed by \"restricted\", devices have a pool of their own. A\nwarning of the "
          "guest's kernel while hooks are attached, at work or detached fails the row; so does, in rows\nof "
          "2026-11-29 and later, a value in one of its traces that could be an address of the kernel, or half "
          "of one.\n")
    print("| guest | kernel | checks | oracle | run |")
    print("|---|---|---|---|---|")
    for r in rows:
        print(r["line"])
    tables = [r for r in rows if r["cells"]]
    print_hooks(tables)
    print("\n## Missing, and why\n")
    for r in tables:
        for line in r["missing"]:
            print(line)
    return 0


sys.exit(main())
