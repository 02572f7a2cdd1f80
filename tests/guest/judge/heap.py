#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Who has what memory of the dma-buf heap: by what the processes were, and by the conversions that the
trace holds. usage: heap.py DIR
"""
import csv
import json
import pathlib
import sys

from judge import check, finish, num

here = pathlib.Path(sys.argv[1])
status = (here / "status").read_text().strip()
load = (here / "load.txt").read_text()
check(status == "0" and "1 done, 0 refused" in load, "the recording and its load ended well", status + load)
owners = {name: int(pid) for pid, name in
          (line.split(" ", 1) for line in (here / "owners").read_text().splitlines())}
check(sorted(owners) == ['odd "name', "rdma", "server"], "three processes", owners)
trace = [json.loads(line) for line in (here / "trace.json").read_text().splitlines()]
shares = [e for e in trace if e["type"] == "share"]
mine = {name: [e for e in shares if e.get("pid") == pid] for name, pid in owners.items()}
for name, events in sorted(mine.items()):
    check(sorted(num(e["size"]) for e in events) == [65536, 1048576] and
          all(e["comm"] == name and e["ret"] == 0 for e in events),
          f"{name}: two shares, with its name", events)
gone = {num(e["phys"]) for e in trace if e["type"] == "unshare" and e["pid"] == owners["rdma"]}
check(gone == {num(e["phys"]) for e in mine["rdma"]}, "what rdma had is private again after its end", gone)

report = json.loads((here / "report.json").read_text())
users = {u["comm"]: u for u in report["ledger"]["heap_users"]}
check(sorted(users) == ['odd "name', "server"] and
      all(u["heap"] == "system_cc_shared" and u["pid"] == owners[n] and num(u["bytes"]) == 1114112
          for n, u in users.items()), "the two that live have 64 KiB and 1 MiB each, of that heap",
      report["ledger"]["heap_users"])
kept = [r for r in report["ledger"]["ranges"] if r["caller"] and "lab_fault" in r["caller"]]
check(len(kept) == 1 and kept[0]["heap"] is None and kept[0]["comm"] == "sh" and num(kept[0]["size"]) == 65536,
      "what a driver shares has the name of the process, and no heap", kept)
rows = list(csv.DictReader((here / "shared.csv").open()))
check(sum(int(r["size"]) for r in rows if r["heap"] == "system_cc_shared") == 2 * 1114112 and
      {r["comm"] for r in rows if r["heap"]} == set(users), "the same as CSV", rows)
text = (here / "report.txt").read_text()
check(f"shared now for server, pid {owners['server']}, dma-buf heap system_cc_shared" in text,
      "the report says so", text)
redacted = [json.loads(line) for line in (here / "redacted.json").read_text().splitlines()]
check(any(e["type"] == "share" and "pid" in e for e in redacted) and not any("comm" in e for e in redacted),
      "with --redact no process has a name")
sys.exit(finish())
