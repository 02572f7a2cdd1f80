#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Judges inside/kinds/run in a healthy secure guest of any kind, locked down or not: no error and no
warning, each mapping bounced, into the pool of the boot line, as many bytes as the disk counted;
conversions are those of the lab's log, or, where lockdown hides them, nobody says 0 of them. The trace
is read as plain JSON. Prints TAP.

usage: kinds.py DIR LEVEL	LEVEL of lockdown: none, integrity, confidentiality
"""
import collections
import gzip
import json
import os
import re
import sys

import judge
from addresses import check_addresses
from judge import check, num, parts

KINDS = {"sev": "sev", "sev-es": "sev-es", "snp": "sev-snp", "tdx": "tdx", "cca": "cca", "pv": "s390 pv",
         "pef": "pef"}
# guests whose conversions the hypervisor is not asked for: the set of shared pages is in the log alone
SILENT = ("sev", "sev-es")
CALL = re.compile(r" (?:(?:psc|map) gpa=(\w+) pages=(\d+) to=(\w+) .*|"
                  r"(share|unshare) gpa=(\w+) pages=(\d+) .*status=0)$")
# fields of a report's ledger that count conversions, or rest on them
COUNTS = ("shares", "unshares", "failed", "rate_max", "freed_shared", "unshared_mapped", "unshare_unknown")


class Run:
    def __init__(self, path):
        self.path = path
        with gzip.open(self.file("trace.json.gz"), "rt") as f:
            self.records = list(parts(json.loads(line) for line in f))
        self.run = json.loads(self.text("run.json"))
        self.guest, self.page = self.run["guest"], self.run["page_size"]
        self.report = json.loads(self.text("verbs/report.json").splitlines()[-1])

    def file(self, name):
        return os.path.join(self.path, name)

    def text(self, name):
        return open(self.file(name), errors="replace").read()

    def of(self, *types):
        return [r for r in self.records if r["type"] in types]

    def pages(self, addr, count):
        return range(num(addr) // self.page, num(addr) // self.page + count)

    def pool(self):
        """[start, end) of the kernel's boot line."""
        m = re.search(r"software IO TLB: mapped \[mem (0x\w+)-(0x\w+)\]", self.text("serial.log"))
        return num(m.group(1)), num(m.group(2))

    def shared_at(self, mark):
        """Pages that are shared at a mark: the log's set or, without one, what its calls lead to."""
        label, found, now = None, set(), set()
        for line in self.text("ultravisor.log").splitlines():
            if (m := re.search(r" mark label=(\S+)", line)):
                if label == mark:
                    break
                label = m.group(1)
            elif label == mark and (m := re.search(r" shared gpa=(\w+) pages=(\d+)", line)):
                found |= set(self.pages(m.group(1), int(m.group(2))))
            elif label != mark and (m := CALL.search(line)):
                shared = "shared" in m.group(3) if m.group(1) else m.group(4) == "share"
                pages = self.pages(m.group(1) or m.group(5), int(m.group(2) or m.group(6)))
                (now.update if shared else now.difference_update)(pages)
        return found or now

    def log(self):
        """Label -> set of shared pages at that mark; (shared, page) of each call between both marks."""
        label, sets, calls = None, collections.defaultdict(set), []
        for line in self.text("ultravisor.log").splitlines():
            if (m := re.search(r" mark label=(\S+)", line)):
                label = m.group(1)
            elif (m := re.search(r" shared gpa=(\w+) pages=(\d+)", line)):
                sets[label] |= set(self.pages(m.group(1), int(m.group(2))))
            elif label == "before" and (m := CALL.search(line)):
                to_shared = "shared" in m.group(3) if m.group(1) else m.group(4) == "share"
                calls += [(to_shared, p) for p in self.pages(m.group(1) or m.group(5),
                                                             int(m.group(2) or m.group(6)))]
        return sets, calls


def check_guest(run, level):
    check(f"[{level}]" in run.text("lockdown"), "the guest is locked down as asked", run.text("lockdown"))
    header = run.records[0]
    check(header["guest"] == KINDS[run.guest], f"the guest is {KINDS[run.guest]}", header)
    check(header["cpus"] == run.run["cpus"], f"{run.run['cpus']} processors", header["cpus"])
    judge.whole(run.records[-1])
    check_addresses(run.records)


def check_findings(run):
    bad = [f"{f['severity']} {f['id']} {f['device']}: {f['evidence']}" for f in run.report["findings"]
           if f["severity"] != "note"]
    check(not bad, "no finding is an error or a warning", "\n".join(bad))
    alarm = [f"{d['name']}: {d['decision']}" for d in run.report["devices"]
             if d["decision"] and not d["decision"].startswith("bounce") and
             any(num(p["maps"]) for p in d["paths"].values())]
    check(not alarm, "each device that maps is said to bounce", "\n".join(alarm))


def read_bytes(run, name):
    return int(run.text(name).split()[2]) * 512


def check_paths(run):
    maps = run.of("map")
    paths = collections.Counter(r["path"] for r in maps)
    check(len(maps) > 50 and set(paths) == {"bounced"}, f"each of {len(maps)} mappings bounced", paths)
    allocs = collections.Counter(r["path"] for r in run.of("alloc"))
    check(set(allocs) <= {"coherent"}, "each allocation is coherent memory", allocs)
    disk = {r["dev"] for r in run.of("device") if r["name"] == run.text("disk").strip()}
    told = sum(num(r["size"]) for r in maps if r["dev"] in disk and r["dir"] == "from_device" and
               not num(r["size"]) % 512)
    asked = read_bytes(run, "unbound") - read_bytes(run, "before") + read_bytes(run, "bound")
    check(told == asked, f"the {asked} bytes that the disk counted as read were mapped", told)


def check_coherent(run, level):
    """Coherent memory is shared, whoever saw it shared: also that of atomic pools and from before."""
    if run.guest == "pef":
        return		# it may come through TCEs
    ranges = [r for r in run.report["ranges"] if r["path"] == "coherent"]
    odd = [r for r in ranges if r["shared"] != "yes" or
           (r["phys"] is None and level != "confidentiality")]
    check(ranges and not odd, f"each of {len(ranges)} ranges of coherent memory is said to be shared", odd)
    now = run.shared_at("after")
    wild = [r for r in ranges if r["phys"] is not None and
            set(run.pages(r["phys"], (num(r["size"]) + run.page - 1) // run.page)) - now]
    check(now and not wild, "and is by the lab's log", wild)


def check_pool(run, level):
    start, end = run.pool()
    told = run.of("pool")
    if level != "confidentiality" or told:
        check(told and (num(told[-1]["start"]), num(told[-1]["end"])) == (start, end),
              f"the pool is the one of the boot line, {start:#x} to {end:#x}", told)
    slots = [r for r in run.of("map", "bounce") if r.get("slot") is not None]
    wild = [r for r in slots if not start <= num(r["slot"]) < end]
    check(not wild and (slots or level == "confidentiality"),
          f"each of {len(slots)} slots that are named is in it", wild)


def check_conversions(run):
    sets, asked = run.log()
    told, odd = [], []
    for r in sorted(run.of("share", "unshare"), key=lambda r: num(r["t"])):
        if r.get("phys") is None or num(r["size"]) % run.page or r.get("ret"):
            odd.append(r)
            continue
        told += [(r["type"] == "share", p) for p in run.pages(r["phys"], num(r["size"]) // run.page)]
    check(not odd, "each conversion names its pages, none failed", odd)
    if run.guest not in SILENT:
        check(asked and told == asked, f"the {len(asked)} pages that the guest converted are those of "
              "the trace, in order", f"only the guest: {[x for x in asked if x not in told][:20]}\n"
              f"only the trace: {[x for x in told if x not in asked][:20]}")
    if sets:
        now = set(sets["before"])
        for shared, page in told:
            (now.add if shared else now.discard)(page)
        check(told and now == sets["after"], f"they lead from {len(sets['before'])} shared pages to the "
              f"{len(sets['after'])} of the lab's log", sorted(now ^ sets["after"])[:20])
    ledger = run.report["ledger"]
    calls = collections.Counter(r["type"] for r in run.of("share", "unshare"))
    check((int(ledger["shares"]), int(ledger["unshares"])) == (calls["share"], calls["unshare"]) and
          ledger["failed"] in ("0", None), "the report counts them", ledger)


def check_unseen(run):
    """Conversions are not observed: no number says that there were none."""
    ledger = run.report["ledger"]
    check(not run.of("share", "unshare"), "no conversion was recorded")
    said = {name: ledger[name] for name in COUNTS if ledger[name] is not None}
    check(not said, "report --json: what was not counted is null", said)
    part = run.text("verbs/report").split("\nSHARED with the hypervisor")[-1].split("\n\n")[0]
    check("conversions were not counted" in part and not re.search(r"\b0 (shared|unshared|refused)", part),
          "report: conversions were not counted", part)
    metrics = [line for line in run.text("verbs/metrics").splitlines()
               if re.match(r"dmascope_(conversions|freed_while_shared)\S* ", line)]
    check(not metrics, "metrics: no sample of them", "\n".join(metrics))
    top = json.loads(run.text("verbs/top.json").splitlines()[-1])["shared"]
    check(top["conversions_per_s"] is None and top["seen_bytes"] is None, "top --json: null", top)
    for name in ("top", "top-replay"):
        line = next((row for row in run.text("verbs/" + name).splitlines() if row.startswith("shared")), "")
        check("conversions are not seen" in line, f"{name}: conversions are not seen", line)


def main():
    run, level = Run(sys.argv[1]), sys.argv[2]
    judge.about(f"{run.guest} {run.run['kernel']} lockdown={level}")
    check_guest(run, level)
    check_findings(run)
    check_paths(run)
    check_pool(run, level)
    check_coherent(run, level)
    if level == "confidentiality":
        check_unseen(run)
    else:
        check_conversions(run)
    return judge.finish()


sys.exit(main())
