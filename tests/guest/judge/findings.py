#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Each finding in a guest that has the fault, and none in one that has not. A boot is a guest with
its options; its cases are recordings made in it one after the other. What is expected of a case
comes from what was done: from the commands of lab-fault (tools/lab/modules/fault), which count,
and from the kernel's own files, never from the tool. Prints TAP.

usage: findings.py boots [slow]		the names of the boots
       findings.py args BOOT		its arguments for `lab run`, one per line
       findings.py kernel BOOT		GUEST:KERNEL
       findings.py module BOOT		fails when the boot needs no module of ours
       findings.py script BOOT DIR	writes what runs in the guest to DIR
       findings.py check BOOT DIR	DIR has /out of the guest; build/amd64/dmascope reports
       findings.py table DIR...		what the tool said, for doc/findings.md: each DIR of a boot
       findings.py table-check DIR...	whether doc/findings.md says it
"""
import collections
import gzip
import json
import os
import re
import subprocess
import sys

import judge
from addresses import check_addresses
from judge import check, num

TOOL = "build/amd64/dmascope"
DOC = "doc/findings.md"
# Devices of lab-fault, each for one fault, so that one recording shows many.
D = [f"0000:00:{0x10 + i:02x}.0" for i in range(15)]
TESTDEVS = " ".join(f"-device pci-testdev,addr={0x10 + i:#x}" for i in range(15))
READ = "dd if=/dev/vda of=/dev/null bs=64k count=16 iflag=direct"
# A pseries guest's table is there with a window of 1 GiB, 4 KiB pages.
TABLE, TABLE_ENTRIES, TABLE_END = "0x80000000", 1 << 18, "0x40000000"
# Of `fault storm 1200 3`, which a slow guest takes more seconds for: at most as many as its 3600 fill.
STORM = r"500 or more in [2-7] seconds; "
WARNING, ERROR, NOTE = "warning", "error", "note"


class Case:
    """
    One recording. expect: (id, severity, device or None, evidence as a regular expression).
    doubt: what each finding has to say of what was not seen. records: (name, test of the records).
    lab: tests of the records beside the lab's logs, called with the directory, the records and the
    report. lossy: losses are what the case is about.
    """

    def __init__(self, name, run, expect, before="", after="", options="", doubt="", records=(),
                 lab=(), lossy=False):
        self.name, self.run, self.expect, self.lossy = name, run, expect, lossy
        self.before, self.after, self.options = before, after, options
        self.doubt, self.records, self.lab = doubt, records, lab


class Boot:
    def __init__(self, name, guest, kernel, args, cases, module=True, slow=False, notes=()):
        self.name, self.guest, self.kernel, self.args = name, guest, kernel, args
        self.cases, self.module, self.slow, self.notes = cases, module, slow, set(notes)


def private(device, maps, size):
    return ("private-dma", ERROR, device, rf"^{maps} mappings? of private memory, {size}, out of")


def unmapped_after_refusals(records):
    """How many mappings were unmapped; 0 when one made before the last refusal was not. The
    recording may end within the attempt after it."""
    refused = [i for i, r in enumerate(records) if r["type"] == "alloc" and r["path"] == "failed"]
    last = refused[-1] if refused else 0
    mapped = collections.Counter(r["dma"] for r in records[:last] if r["type"] == "map")
    unmapped = collections.Counter(r["dma"] for r in records if r["type"] == "unmap")
    return 0 if mapped - unmapped else unmapped.total()


# One after the other; what fills a table or the pool comes before what has to stay in it.
PEF_FAULTS = f"""
    fault mask {D[0]} 32; fault map {D[0]} 1000 4194304 1; fault map-anyway {D[0]} 4 4194304 1
    fault unmap {D[0]}; fault mask {D[0]} 64
    fault map {D[1]} 5000 2048 1; fault map-anyway {D[1]} 4 2048 1
    fault unmap {D[1]} 2; fault map-anyway {D[1]} 3 65536 1; fault unmap {D[1]}
    fault mask {D[2]} 32; fault map {D[2]} 7 8192 1; fault coherent {D[2]} 2 65536
    fault unmap {D[2]}; fault resource {D[2]} 6 0x300000000000
    fault mask {D[3]} 32; fault tce-left {D[3]} 2; fault mask {D[3]} 64
    fault mask {D[4]} 32; fault tce-lose {D[4]} 5; fault mask {D[4]} 64
    fault mask {D[5]} 32; fault tce-unset {D[5]} 2
    fault map {D[6]} 3 4096; fault unmap {D[6]}; fault mask {D[6]} 32
    fault map {D[6]} 4 4096; fault unmap {D[6]}; fault mask {D[6]} 64
    fault offset {D[7]} 2 0x400000000000000; fault unmap {D[7]}
    fault remask {D[8]} 6 32; fault mask {D[8]} 64
    fault force {D[9]} 0; fault map {D[9]} 3 4096; fault unmap {D[9]}; fault force {D[9]} 1
    fault unmap-twice {D[10]} 4; fault unmap-size {D[10]} 5; fault unmap-dir {D[10]} 6
    fault unmap-error {D[10]} 2; fault map-anyway {D[11]} 3 524288 1
    echo 1 >/sys/module/lab_fault/parameters/careless
    fault map {D[12]} 5 4096; fault unbind {D[12]}
    fault map {D[13]} 4 4096; echo 1 >/sys/bus/pci/devices/{D[13]}/remove
    fault share-free 9; fault unshare-mapped {D[11]} 3; fault storm 1200 3
    {READ}; sleep 12"""  # a removal is over 10 s after its last unmap

PEF_FOUND = [
    # the first refusal ends `map`, then four more
    ("tce-table-full", ERROR, D[0], rf"^5 mappings failed, sizes up to 4 MiB; LIOBN {TABLE}: \d+ "
     rf"entries in use, at most \d+ of {TABLE_ENTRIES}"),
    ("private-dma", ERROR, D[0], r"^(\d+) mappings of private memory, .* out of \1$"),
    # one finding for one pool: five while it was full, three when every other slot was free
    ("pool-full", ERROR, D[1], r"^5 mappings failed, sizes up to 64 KiB; 3 more found no run of slots "
     r"long enough; 2048 of 2048 slots"),
    private(D[2], 7, "56 KiB"),
    ("private-dma", ERROR, D[2], r"; 2 coherent allocations through TCEs, 128 KiB"),
    ("small-mask", WARNING, D[2], rf"^mask 0xffffffff; its TCE table is LIOBN {TABLE}$"),
    ("map-failed", WARNING, D[2], r"^6 refused, sizes up to 4 KiB"),
    # of two devices that use the table
    ("tce-stale", ERROR, D[3], rf"^7 of the mappings of LIOBN {TABLE} unmapped with the TCEs still set"),
    private(D[3], 2, "8 KiB"), private(D[4], 5, "20 KiB"),
    ("path-mismatch", ERROR, D[4], r"^5 unmaps on another path"),
    private(D[5], 2, "8 KiB"),
    ("dma-without-tce", ERROR, D[5], r"^DMA address 0x\w+\+0x1000, said to go through TCEs"),
    ("small-mask", WARNING, D[5], r"^mask 0xffffffff"),
    ("mixed-paths", NOTE, D[6], r"^0 direct, 3 bounced, 4 through TCEs"),
    private(D[6], 4, "16 KiB"),
    ("dma-without-tce", ERROR, D[7], r"^DMA address 0xc\w+\+0x1000, a bounce slot"),
    ("not-copied-back", ERROR, D[8], r"^6 mappings unmapped with the slot still taken"),
    ("bounce-not-forced", ERROR, None, r"^force_bounce is 0 for 1 device; "),
    private(D[9], 3, "12 KiB"),
    ("api-misuse", ERROR, D[10], r"^2 unmapped an error value.*; 4 unmapped twice; "
     r"5 unmapped with another size.*; 6 unmapped with another direction"),
    ("request-too-big", ERROR, D[11], r"^3 such requests failed while at most \d+ of 2048 "),
    ("leak-at-remove", ERROR, D[12], r"^5 mappings still live"),
    ("leak-at-remove", ERROR, D[13], r"^4 mappings still live"),
    ("freed-while-shared", ERROR, None, r"^9 pages, 576 KiB"),
    ("unshared-while-mapped", ERROR, None, r"^3 times"),
    # 9 and 3 more shared, as were 3 and 2 coherent allocations; all but 9 taken back
    ("conversion-storm", WARNING, None, STORM),
]

PEF = Boot(
    "pef", "pef", "6.12",
    # 4 MiB of pool; splats: the kernel complains of some of the faults, as it should
    # (a real one's MMU is radix; hash, the lab kernel's default, keeps hypercalls from being seen)
    ["--no-default-append", "--append", "swiotlb=2048,force disable_radix=no", "--allow-splat",
     "--no-trace", "--qemu", TESTDEVS],
    [
        Case("healthy", f"{READ}; sleep 1", [
                ("window-wide", NOTE, None, r"^1 window of 2 GiB mapped RAM, 4 MiB of it shared"),
            ],
             before="echo 0000:00:01.0 >/sys/bus/pci/drivers/e1000/unbind"),
        Case("rising", f"""
            fault map {D[1]} 54 65536 1
            fault mask {D[0]} 32; fault map {D[0]} 245 4194304 1; fault unmap {D[0]}
            fault mask {D[0]} 64; fault unmap {D[1]}
            for i in $(seq 40); do fault share 1 4 25; fault leak {D[2]} 2 25; done""", [
                # the number of slots of 2 KiB in use before is the kernel's
                ("pool-pressure", WARNING, None,
                 r"^{used + 54 * 32} of 2048 slots in use at worst"),
                # 245 of 4 MiB are 95.7 % of the table
                ("tce-table-pressure", WARNING, D[0], rf"^LIOBN {TABLE}: {245 * 1024} of "
                 rf"{TABLE_ENTRIES} entries in use at worst"),
                private(D[0], 245, "980 MiB"),
                # 40 times 4 pages of 64 KiB
                ("share-growth", WARNING, None,
                 r"10 MiB now; 10 MiB by lab_fault_shares_and_keeps"),
                ("mapping-leak", WARNING, D[2], r"^bounced: 80 live, 320 KiB; .* 240 made in all"),
            ], before="cat /sys/kernel/debug/swiotlb/io_tlb_used >/out/rising.used; fault load; "
                      f"fault bind {' '.join(D)}", after=f"fault unshare; fault unmap {D[2]}"),
        Case("faults", PEF_FAULTS, PEF_FOUND, records=[
                ("coherent memory behind TCEs names its LIOBN", lambda records: [
                    r["liobn"] for r in records if r["type"] == "alloc" and "liobn" in r] ==
                    [int(TABLE, 16)] * 2)], after=f"fault unmap {D[5]}; fault mask {D[5]} 64"),
        Case("hcalls", f"""
            fault map {D[2]} 2 4096; fault tce-set {D[2]} 3; fault tce-clear {D[2]} 4
            fault tce-indirect {D[2]} 2""", [
                # a hypercall names a table; the device is the one that uses it most
                ("tce-refused", ERROR, D[2], rf"^3 refused on LIOBN {TABLE}, first at {TABLE_END} "
                 r"with H_PARAMETER"),
                ("tce-stale", ERROR, D[2], rf"^4 clearing calls refused on LIOBN {TABLE} with"),
                ("tce-indirect-private", WARNING, None, r"^2 such calls"),
                private(D[2], 2, "8 KiB"),
                ("small-mask", WARNING, D[2], r"^mask 0xffffffff"),
            ], options=f"--hcalls --device {D[2]}",
             doubt=f"only what fits device={D[2]} was recorded"),
    ], notes={"window-wide"})

BARE = Boot(
    "pef-bare", "pef", "6.12",
    # neither a pool nor windows, and a device that does not ask the kernel where memory is
    ["--no-default-append", "--append", "disable_ddw", "--no-trace", "--qemu",
     "-netdev user,id=n1 -device virtio-net-pci,netdev=n1,disable-legacy=on,romfile=,addr=0x12"],
    [
        Case("bare", READ, [
            # all of it goes through TCEs: none that a pool would have bounced
            ("no-bounce-pool", WARNING, None, r"^the kernel's pool has 0 slots \(.*\)$"),
            ("virtio-no-access-platform", WARNING, "0000:00:12.0",
             r"bit 33 clear; 0 DMA mappings seen; driver virtio-pci"),
            ("ddw-missing", WARNING, "0000:00:00.0",
             rf"^only the default window LIOBN {TABLE}; disable_ddw is on the command line"),
            ("private-dma", ERROR, "0000:00:00.0", r"^\d+ mappings of private memory"),
            ("small-mask", WARNING, "0000:00:01.0", r"^mask 0xffffffff"),
        ], before="ip link set eth0 down"),
    ], module=False)

PEF72 = Boot(
    "pef-7.2", "pef", "7.2",
    ["--no-default-append", "--append", "swiotlb=262144,force", "--no-trace"],
    [
        Case("oversized", f"for i in 1 2 3; do {READ}; sleep 20.5; done", [
            ("pool-oversized", NOTE, None, r"^reserved 512 MiB, \d+ % of memory; in use at worst \d"),
        ], before="echo 0000:00:01.0 >/sys/bus/pci/drivers/e1000/unbind"),
    ], module=False, slow=True, notes={"window-wide"})

X86 = Boot(
    "x86-5G", "x86", "6.12", ["--no-default-append", "--mem", "5G", "--qemu", TESTDEVS],
    [
        Case("healthy", READ, [], before="echo 0000:00:03.0 >/sys/bus/pci/drivers/e1000/unbind"),
        # lab-fault's memory is above 4 GiB, where the kernel takes from first
        Case("mask", f"fault map {D[0]} 4 4096; fault unmap {D[0]}", [
            ("mask-below-memory", NOTE, D[0], r"^4 of its 4 mappings were bounced; RAM ends at "
             r"0x1c0000000"),
        ], before=f"fault load; fault bind {D[0]} {D[1]}; fault mask {D[0]} 32"),
        # of an object as large as the mapping there is nothing to say
        Case("past-object", f"fault past {D[1]} 5 5120 1024; fault past {D[1]} 3 2048 2048", [
            ("past-object", ERROR, D[1], r"^5 mappings, the first of 5 KiB that begin in an object of "
             r"1 KiB, by past \[lab_fault\]$"),
        ], options="--stacks=all"),
        Case("forced", f"fault force {D[1]} 1; fault map {D[1]} 5 4096; fault unmap {D[1]}", [
            ("all-bounced", NOTE, None, r"^5 mappings, 20 KiB, of 1 device; bouncing is forced$"),
        ], after=f"fault force {D[1]} 0"),
    ])

NOFORCE = Boot(
    "x86-no-pool", "x86", "6.12",
    ["--no-default-append", "--append", "swiotlb=noforce", "--mem", "5G", "--qemu", TESTDEVS],
    [
        Case("no-pool", f"fault map-anyway {D[0]} 5 4096", [
            ("bounce-without-pool", ERROR, D[0], r"^5 mappings failed for want of a pool; "
             r"it reaches 0xffffffff, RAM ends at 0x1c0000000"),
        ], before="echo 0000:00:03.0 >/sys/bus/pci/drivers/e1000/unbind; "
                  f"fault load; fault bind {D[0]}; fault mask {D[0]} 32"),
    ])

# The disk is given its buffers as they are, without the pool: private memory.
NVME = "0000:00:02.0"
UNFORCED = f"""
    fault force {D[0]} 0
    dd if=/dev/nvme0n1 of=/tmp/got bs=4k count=4 skip=300 iflag=direct && echo read || echo failed
    fault force {D[0]} 1; cp /tmp/got /out"""


def lab_log(directory, case, name="ultravisor.log"):
    """The lines of one of the lab's logs that are of a case."""
    lines = open(os.path.join(directory, name), errors="replace").read().splitlines()
    marks = [i for i, line in enumerate(lines) if re.search(r"\bmark (label=)?\w", line)]
    first = next(n for n, i in enumerate(marks) if re.search(rf"mark (label=)?{case}\b", lines[i]))
    return lines[marks[first]:marks[first + 1]]


def private_maps(records, device):
    """(start, end) of the memory of each direct mapping of a device."""
    key = {r["dev"] for r in records if r["type"] == "device" and r["name"] == device}
    return [(num(r["dma"]), num(r["dma"]) + num(r["size"])) for r in records
            if r["type"] == "map" and r["dev"] in key and r["path"] == "direct"]


def refused_accesses(directory, device):
    """Addresses of private memory that the lab kept a PCI device from, by its log."""
    bus, slot, function = (int(n, 16) for n in re.split("[:.]", device)[1:])
    devfn = slot << 3 | function
    found = [num(m.group(2)) for line in lab_log(directory, "private", "tce-trace.log")
             if (m := re.match(r"vtd_dmar_fault sid (\w+) fault \d+ addr (\w+)", line)) and
             num(m.group(1)) == (bus << 8 | devfn)]
    return found + [num(m.group(2)) for line in lab_log(directory, "private")
                    if (m := re.search(r" dma-fault devfn=(\d+) gpa=(\w+) ", line)) and
                    int(m.group(1)) == devfn]


def fenced(directory, records, _):
    """Each refused access is within a mapping of private memory, and each such mapping was refused."""
    maps, refused = private_maps(records, NVME), refused_accesses(directory, NVME)
    return maps and all(any(a <= at < b for a, b in maps) for at in refused) and \
        all(any(a <= at < b for at in refused) for a, b in maps)


def not_the_disks(directory, *_):
    """What was read is not what the disk has there."""
    got = open(os.path.join(directory, "got"), "rb").read()
    with open(os.path.join(os.environ.get("DMASCOPE_LAB_CACHE") or
                           os.path.expanduser("~/.cache/dmascope-lab"), "disk.img"), "rb") as f:
        f.seek(300 * 4096)
        disk = f.read(4 * 4096)
    return not any(got[i:i + 512] in disk for i in range(0, len(got), 512))


def perhaps_shared(directory, _, report):
    """The pages that are listed though their conversion failed: those that the guest had shared."""
    listed = {num(r["phys"]) + i for r in report["ledger"]["ranges"] if not r["confirmed"] and
              r["since"] is not None for i in range(0, num(r["size"]), 4096)}
    asked = {num(m.group(1)) for line in lab_log(directory, "refused")
             if (m := re.search(r" psc gpa=(\w+) pages=1 to=shared", line))}
    return len(listed) == 7 and listed == asked


def separate(guest, kernel, listed=0, slow=True):
    """A boot of a guest with separate memory; so many pages are listed though they were refused."""
    refused = [(f"the {listed} pages whose share failed late are listed, as the guest asked for them",
                perhaps_shared)] if listed else \
        [("no page of a refused share is listed", lambda _, __, report: not [
            r for r in report["ledger"]["ranges"] if not r["confirmed"] and r["since"] is not None])]
    refusal = [("what it read is not what the disk has", not_the_disks)]
    if guest != "tdx":      # there a device finds other memory
        refusal.append(("the lab kept it from just what it was given", fenced))
    mask = []
    if guest == "cca":
        mask = [Case("mask", f"""
            fault mask {D[1]} 32; fault map-anyway {D[1]} 4 4096; fault coherent {D[1]} 2 4096""", [
                ("map-failed", WARNING, D[1], r"^4 refused, .*the bit of shared memory is 0x80"),
                ("coherent-refused", ERROR, D[1], r"^2 allocations refused, of up to 4 KiB"),
            ], before=f"fault bind {D[1]}", lab=[
                ("its decision says so", lambda _, __, report: [
                    d["decision"] for d in report["devices"] if d["name"] == D[1]] ==
                 ["refused: 32-bit mask"])])]
    ledger = [("freed-while-shared", ERROR, None, r"^9 pages, 36 KiB"),
              ("unshared-while-mapped", ERROR, None, r"^3 times")]
    storm = ""
    if guest == "sev":      # elsewhere the emulation of a conversion may take too long
        storm = "; fault storm 1200 3"
        ledger.append(("conversion-storm", WARNING, None, STORM))
    return Boot(guest, guest, kernel, ["--allow-splat", "--qemu", TESTDEVS], [
        Case("healthy", READ, []),
        Case("ledger", f"fault share-free 9; fault unshare-mapped {D[0]} 3{storm}", ledger,
             before=f"fault load; fault bind {D[0]}", after="fault unshare"),
        Case("refused", "fault share-refused 7", [
            ("share-failed", ERROR, None, r"^7 conversions refused, the last with status -5"),
        ], lab=refused),
        Case("private", UNFORCED, [
            ("bounce-not-forced", ERROR, None, r"^force_bounce is 0 for "),
            ("private-dma", ERROR, NVME, r"^\d+ mappings of private memory"),
        ], before="ip link set eth0 down", lab=refusal),
    ] + mask, slow=slow)


SEV = separate("sev", "6.12")
SNP = separate("snp", "6.12", listed=7, slow=False)
TDX = separate("tdx", "6.12")
CCA = separate("cca", "7.2")

def kernel_log(directory, pattern):
    """Matches of the pattern in the log of the guest's kernel."""
    log = open(os.path.join(directory, "serial.log"), errors="replace").read()
    return re.findall(pattern, log)


def pool_as_mapped(megabytes):
    """The pool has the size that the kernel says it mapped, which is this."""
    def test(directory, records, _):
        slots = {num(r["nslabs"]) for r in records if r["type"] == "pool"}
        return kernel_log(directory, r"software IO TLB: mapped .*[(](\d+)MB[)]") == [str(megabytes)] and \
            slots == {megabytes << 20 >> 11}
    return (f"the kernel mapped {megabytes} MB, and the pool is that large", test)


def advised(words):
    """Each finding of a full pool has these words; the kernel says itself that the pool was full."""
    def test(directory, _, report):
        actions = [f["action"] for f in report["findings"] if f["id"].startswith("pool-")]
        return actions and all(words in a for a in actions) and \
            kernel_log(directory, r"swiotlb buffer is full [(]sz: \d+ bytes[)], total 512 [(]slots[)]")
    return (f"the kernel says that the pool was full, and the advice is: {words}", test)


# doc/upstream-arm64-realm-pool.md: 7.3 gives a realm with 1 GiB a pool of 1 MiB, with the default
# number of slots on the command line too; what is advised there helps. The read ends in the last only.
DISK = "0000:00:01.0"
BIG_READ = "dd if=/dev/vda of=/dev/null bs=1M count=4 iflag=direct"
# A read that never ends is killed when so much of it is in the trace, however slow the guest is.
FAILED = '"path":"failed"'


def shrunk(name, word, advice):
    return Boot(name, "cca", "7.3", ["--mem", "1G", "--no-trace"] + (["--append", word] if word else []), [
        # it is tried again for ever, ten thousand mappings a second
        Case("hangs", f"{BIG_READ} & recorded 100 '{FAILED}'; kill -9 $!", [
            ("pool-full", ERROR, DISK, r"^\d+ mappings failed, sizes up to \d+ KiB; .*\d of 512 slots in use"),
        ], options="--ring 64M", lab=[pool_as_mapped(1), advised(advice)])], module=False, slow=True)


SHRUNK = shrunk("cca-shrunk", "", "Boot with swiotlb=65536 (128 MiB)")
SHRUNK_ASKED = shrunk("cca-shrunk-asked", "swiotlb=32768", "Boot with swiotlb=65536 (128 MiB); now the "
                      "command line asks for 32768 slots")
ADVISED = Boot("cca-advised", "cca", "7.3", ["--mem", "1G", "--no-trace", "--append", "swiotlb=65536"], [
    Case("reads", f"{BIG_READ} && echo whole >/out/reads.done", [], lab=[
        pool_as_mapped(128),
        ("the read that never ended ends", lambda directory, *_: os.path.exists(
            os.path.join(directory, "reads.done")))])], module=False, slow=True)

# The edu device accesses what it may not, once for each interrupt of the IOMMU.
EDU = "0000:00:04.0"


# The edu device accesses what it may not: 64 bytes, of which some IOMMUs of QEMU report each 4.
def edu_at(slot):
    return f"0000:00:{slot:02x}.0"


def touch(edu, interrupts):
    """touched COMMAND: one access, and the interrupt that reports it."""
    if not interrupts:
        return f'touched() {{ fault "$1" {edu} $2; }}'
    return f"""
    faults() {{ awk '/{interrupts}/ {{ for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+$/) n += $i }}
        END {{ print n + 0 }}' /proc/interrupts; }}
    touched() {{
        n=$(faults); fault "$1" {edu} $2; until [ "$(faults)" -gt "$n" ]; do usleep 10000; done
    }}"""


def lines_of_case(directory, case):
    """The lines of QEMU's log from the case's mark on."""
    on = False
    for line in open(os.path.join(directory, "tce-trace.log"), errors="replace"):
        if line.startswith("lab mark "):
            on = line.split()[2] == case[:8]
        elif on:
            yield line


def direction(write):
    return "from_device" if int(write) else "to_device"


def intel_faults(lines):
    """(address, direction) of each access of the edu device that QEMU's IOMMU refused."""
    return [(int(m[1], 16) & -4096, direction(m[2])) for line in lines if
            (m := re.match(r"vtd_dmar_fault sid 0x20 fault \S+ addr (0x\w+) write (\d)", line))]


def virtio_faults(lines):
    """The flags: 1 read, 2 write; QEMU reports neither where no page is mapped."""
    return [(int(m[2], 16), {1: "to_device", 2: "from_device"}.get(int(m[1]) & 3, "none"))
            for line in lines if
            (m := re.match(r"virtio_iommu_report_fault .* flags=(\d+) endpoint=40 address =(0x\w+)",
                           line))]


def smmu_faults(lines):
    """No event has the address of a fault: the search for a translation before it has the page."""
    page, found = None, []
    for line in lines:
        if m := re.match(r"smmu_iotlb_lookup_(?:hit|miss) .* addr=(0x\w+)", line):
            page = int(m[1], 16) & -4096
        elif re.match(r"smmuv3_propagate_event SMMU_EVT_F_(TRANSLATION|PERMISSION) sid=0x20\b", line):
            found.append((page, None))
    return found


def faults_of(records, page=1):
    return [(int(r["dma"], 16) & -page, r["dir"]) for r in records if r["type"] == "fault"]


class Iommu:
    """How the IOMMU of a guest reports faults; each: how many of an access. faults(): QEMU's log."""

    def __init__(self, boot, guest, kernel, iommu, edu, hook, interrupts, trace, faults, each,
                 load=""):
        self.boot, self.guest, self.kernel, self.iommu, self.hook = boot, guest, kernel, iommu, hook
        self.edu, self.interrupts, self.trace, self.faults = edu_at(edu), interrupts, trace, faults
        self.each, self.load = each, load

    def as_qemu(self, directory, records, _):
        """
        Each refused access that QEMU's log has is in the trace, and no other; of Intel's unit only
        those for which its records had room.
        """
        logged = self.faults(lines_of_case(directory, "faults"))
        if self.each == 1:
            return len(faults_of(records)) == 7 and set(faults_of(records)) <= set(logged)
        seen = faults_of(records, 4096 if self.iommu == "smmu" else 1)
        if self.iommu == "smmu":
            seen = [(page, None) for page, _ in seen]
        return len(seen) == 7 * self.each and seen == logged

    def filtered(self, records):
        counts = records[-1]["hooks"][self.hook]
        return not faults_of(records) and int(counts["filtered"]) == self.each and \
            not int(counts["delivered"])


    def limited(self, records):
        """256 in a second, 128 of them at once. QEMU drops those that a queue has no room for."""
        counts = {k: int(v) for k, v in records[-1]["hooks"][self.hook].items()}
        return len(faults_of(records)) == counts["delivered"] in range(128, 257) and \
            counts["dropped"] >= 128 and \
            counts["hits"] == counts["delivered"] + counts["dropped"] + counts["ignored"]


def behind(io, slow=False):
    touched, edu, n = touch(io.edu, io.interrupts), io.edu, io.each
    # a virtio-iommu does not report what an access to an unmapped page was
    read, wrote = ("accessed",) * 2 if io.iommu == "virtio" else ("read", "wrote")
    one = "1 fault" if n == 1 else f"{n} faults"
    return Boot(io.boot, io.guest, io.kernel,
                ["--iommu", io.iommu, "--device", "edu", "--qemu", io.trace], [
        Case("faults", f"""{touched}
            touched touch-wild 0x12345000
            touched touch-late; touched touch-late; for i in 1 2 3; do touched touch-dir; done
            touched touch-phys; {READ}""", [
                ("fault-after-unmap", ERROR, edu, rf"^{2 * n} faults; at the first the device "
                 rf"{wrote} 0x\w+, unmapped \S+ before, mapped from_device by "
                 r"lab_fault_unmaps_too_early \[lab_fault\], 4 KiB; driver lab-fault$"),
                ("fault-wrong-direction", ERROR, edu, rf"^{3 * n} faults; at the first the device "
                 r"wrote 0x\w+, mapped to_device by lab_fault_maps_for_reading \[lab_fault\], 4 KiB"),
                ("fault-unmapped", ERROR, edu, rf"^{one}; at the first the device {read} 0x\w+, "
                 r"memory that has the DMA address 0x\w+, mapped by "
                 r"lab_fault_uses_the_physical_address"),
            ], before=f"fault load{io.load}; fault bind {edu}", lab=[
                ("each access that QEMU refused is in the recording, and no other", io.as_qemu)]
            if io.faults else []),
        Case("wild", f"{touched}\n touched touch-wild 0x12345000", [
            ("fault-unmapped", NOTE, edu, rf"^{one}; at the first the device {read} 0x12345000; "
             r"driver lab-fault$")]),
        *([Case("storm", f"{touched}\n touched 'touch-wild' '0x12345000 4096'", [
            ("fault-unmapped", NOTE, edu, rf"^at least (128|256) faults; at the first the device {read} 0x12345000"),
        ], doubt="lost", lossy=True, records=[
            ("some of a thousand faults are sent, the others are counted", io.limited)])]
          if n > 1 else []),
        Case("filtered", f"{touched}\n touched touch-late", [], options="--device virtio-pci",
             records=[("a fault of another device counts as filtered", io.filtered)]),
        Case("healthy", READ, []),
    ], slow=slow)


IOMMUS = [
    behind(Iommu("x86-iommu", "x86", "6.12", "intel", 4, "iommu.fault.intel", "dmar",
                 "--trace vtd_dmar_fault", intel_faults, 1)),
    behind(Iommu("x86-virtio-iommu", "x86", "6.12", "virtio", 5, "iommu.fault.virtio",
                 "virtio0$", "--trace virtio_iommu_report_fault", virtio_faults, 16)),
    # it does not tell the kernel what was accessed: tools/lab/modules/fault/edu.c
    behind(Iommu("x86-amd-iommu", "x86", "6.12", "amd", 5, "iommu.fault", None, "", None, 1,
                 load=" report=1"), slow=True),
    behind(Iommu("arm64-smmu", "arm64", "6.12", "smmu", 4, "iommu.fault.smmu",
                 "arm-smmu-v3-evtq", "--trace smmuv3_propagate_event --trace smmu_iotlb_lookup_hit "
                 "--trace smmu_iotlb_lookup_miss", smmu_faults, 16), slow=True),
]

# A disk that the kernel does not trust: 64 requests that share a page with other data, or two pages where
# dd's buffer lies across them; and requests of whole pages. tests/guest/test_scenarios has the same.
PORT = Boot(
    "x86-port", "x86", "6.12", ["--mem", "5G", "--iommu", "intel", "--external", "nvme"],
    [
        Case("port", """
            until disk=$(ls -d /sys/bus/pci/devices/0000:01:00.0/nvme/nvme*/nvme*n1); do usleep 10000; done
            dd if=/dev/${disk##*/} of=/dev/null bs=512 count=64 iflag=direct
            dd if=/dev/${disk##*/} of=/dev/null bs=64k count=16 iflag=direct""", [
            ("bounced-unforced", NOTE, "0000:01:00.0",
             r"^(64|128) of its \d+ mappings \(\d+ %\) were bounced$"),
        ]),
    ], module=False, slow=True)

# Devices whose DMA passes no hook: one that the kernel refused at boot, one of a driver in user space.
REFUSED = ("virtio-no-access-platform", ERROR, "0000:00:04.0",
           r"bit 33 clear; 0 DMA mappings seen; the kernel refused it .*; driver virtio-pci$")
OUTSIDE = Boot(
    "sev-outside", "sev", "6.12",
    ["--modules", "uio_pci_generic", "--device", "virtio-rng,iommu_platform=off"],
    [
        Case("refused", READ, [REFUSED]),
        Case("user", READ, [
            REFUSED,
            ("userspace-driver", WARNING, NVME, r"^driver uio_pci_generic; its mappings pass no "
             r"hook and are not observed$"),
        ], before=f"""
            echo uio_pci_generic >/sys/bus/pci/devices/{NVME}/driver_override
            echo {NVME} >/sys/bus/pci/drivers/nvme/unbind
            echo {NVME} >/sys/bus/pci/drivers_probe"""),
    ], module=False)

DDW_OFF = Boot(
    "pseries-ddw-off", "pseries", "6.12",
    ["--no-trace", "--qemu", "-global spapr-pci-host-bridge.ddw=off"],
    [
        Case("healthy", READ, [
            ("ddw-missing", NOTE, "0000:00:00.0", rf"^only the default window LIOBN {TABLE}"),
        ]),
    ], module=False)

# A window at 1 << 59, made for the 64 bits that the driver asked for first.
ABOVE = Boot(
    "pseries-mask", "pseries", "6.12", ["--no-trace", "--qemu", TESTDEVS],
    [
        Case("above", f"fault map {D[0]} 3 4096; fault unmap {D[0]}", [
            ("window-above-mask", NOTE, D[0], r"^mask 0x7fffffffffff; the window, LIOBN 0x\w+, "
             r"begins at 0x800000000000000; 0 direct, 3 through TCEs$"),
        ], before=f"fault load; fault bind {D[0]}; fault mask {D[0]} 47",
            after="echo 1 >/sys/kernel/debug/powerpc/eeh_disable_recovery"),
        Case("frozen", f"fault freeze-claim {D[0]} 3", [
            ("device-frozen", ERROR, D[0], r"^3 freezes; the first of PE 0x20100; driver lab-fault$"),
            ("window-above-mask", NOTE, D[0], r"^mask 0x7fffffffffff; "),
        ]),
    ])

PEF_NVME = Boot(
    "pef-nvme", "pef", "6.12",
    # the kernel warns, once, that it has no pool for this
    ["--devices", "none", "--allow-splat", "--no-trace", "--qemu",
     "-drive file=/lab/cache/disk.img,format=raw,if=none,id=n,snapshot=on "
     "-device nvme,drive=n,serial=lab"],
    [
        # Interrupts of requests that were done come within kprobes of those being submitted, and
        # the kernel runs no kprobe within another. Two hooks, one reliable: each sees all or says.
        Case("nested", "for i in 1 2 3; do dd if=/dev/nvme0n1 of=/dev/null bs=1M count=8 "
             "iflag=direct; done", [], lossy=True, records=[
                 ("what the kernel skipped of released slots is counted", lambda records:
                  sum(r["type"] == "unmap" for r in records) == 3 * 8 * 16 ==
                  int(records[-1]["hooks"]["swiotlb.unmap"]["hits"]) ==
                  sum(r["type"] == "unbounce" for r in records) +
                  int(records[-1]["hooks"]["swiotlb.unmap"].get("skipped", 0)))],
             before="echo 64 >/sys/block/nvme0n1/queue/max_sectors_kb",
             after="cat /sys/block/nvme0n1/queue/max_hw_sectors_kb "
                   ">/sys/block/nvme0n1/queue/max_sectors_kb"),
        # a request of many pieces has a list of them, for which memory is sought with locks held
        Case("hangs", "dd if=/dev/nvme0n1 of=/dev/null bs=1M count=1 iflag=direct & "
             f"recorded 20 '\"type\":\"alloc\".*{FAILED}'; kill -9 $!", [
                 ("coherent-refused", ERROR, "0000:00:00.0",
                  r"^\d\d+ allocations refused, of up to 64 KiB; 0 granted$"),
             ], records=[
                 ("it is tried again each time, and its buffers given back", lambda records:
                  unmapped_after_refusals(records) >= 16)]),
    ], module=False, notes={"window-wide"})

BOOTS = [PEF, BARE, PEF_NVME, PEF72, X86, NOFORCE, SNP, SEV, TDX, CCA, SHRUNK, SHRUNK_ASKED, ADVISED,
         OUTSIDE, *IOMMUS, PORT, DDW_OFF, ABOVE]


def script(boot, directory):
    lines = ["exec 2>&1", "cd /out", "set +e",
             "fault() { /share/fault/fault \"$@\" || echo \"# fault $*: status $?\"; }"]
    for c in boot.cases:
        with open(os.path.join(directory, f"{c.name}.sh"), "w") as f:
            f.write('fault() { /share/fault/fault "$@" || echo "# fault $*: status $?"; }\n'
                    "# recorded N WORDS: waits until N records with WORDS are in the trace; reads no more, as "
                    "it may grow faster than it is read\n"
                    f'recorded() {{ until [ "$(zcat {c.name}.json.gz.partial 2>/dev/null | grep -c -m "$1" -e "$2")" '
                    '-ge "$1" ]; do sleep 0.2; done; }\n'
                    f"lab-settle\n{c.run.strip()}\n"
                    "lab-settle || echo 'a device is stuck'\n")
        lines.append(c.before)
        lines.append('lab-settle')
        lines.append("[ ! -e /sys/kernel/debug/swiotlb/io_tlb_used_hiwater ] || "
                     "echo 0 >/sys/kernel/debug/swiotlb/io_tlb_used_hiwater")
        lines.append(f"lab-mark {c.name[:8]}")
        lines.append(f"dmascope record -q {c.options} -o {c.name}.json.gz -- sh /share/{c.name}.sh "
                     f">{c.name}.log; echo $? >{c.name}.status")
        lines.append("lab-mark end")
        lines.append(c.after)
    with open(os.path.join(directory, "run"), "w") as f:
        f.write("\n".join(lines) + "\nexit 0\n")


def report(directory, case):
    path = os.path.join(directory, f"{case.name}.json.gz")
    p = subprocess.run([TOOL, "report", "--json", path], capture_output=True, text=True)
    if p.returncode not in (0, 4):
        raise RuntimeError(p.stderr or f"no report of {path}")
    return json.loads(p.stdout)


def pattern_of(expected, directory, case):
    """Numbers that were read in the guest, as {used + ...}."""
    used = os.path.join(directory, f"{case.name}.used")
    known = {"used": int(open(used).read())} if os.path.exists(used) else {}
    return re.sub(r"\{([a-z][^}]*)\}", lambda m: str(eval(m.group(1), {}, known)), expected)


def text(finding):
    return f"{finding['severity']} {finding['id']} {finding['device']}: {finding['evidence']}"


def fits(finding, expected):
    fid, severity, device, _ = expected
    return (finding["id"], finding["severity"], finding["device"]) == (fid, severity, device)


def check_case(boot, case, directory):
    name = f"{boot.name} {case.name}"
    try:
        log = open(os.path.join(directory, f"{case.name}.log"), errors="replace").read()
        status = int(open(os.path.join(directory, f"{case.name}.status")).read())
        found = report(directory, case)["findings"]
    except (OSError, ValueError, RuntimeError) as e:
        check(False, f"{name}: was recorded", e)
        return
    with gzip.open(os.path.join(directory, f"{case.name}.json.gz"), "rt") as f:
        records = list(judge.parts(json.loads(line) for line in f))
    check_addresses(records, name=f"{name}: no kernel address, and no half of one, is in the trace")
    bad = [line for line in log.splitlines() if line.startswith("#")]
    check(status in ((0, 4) if case.lossy else (0,)) and not bad,
          f"{name}: done and recorded" + ("" if case.lossy else ", nothing lost"),
          f"status {status}\n{log}")
    if status == 4 and not case.lossy:
        judge.again(records[-1])
    all_text = "\n".join(text(f) for f in found)
    for e in case.expect:
        regex = pattern_of(e[3], directory, case)
        check(any(fits(f, e) and re.search(regex, f["evidence"]) for f in found),
              f"{name}: {e[1]} {e[0]}{' of ' + e[2] if e[2] else ''}", f"{regex}\n{all_text}")
    others = [text(f) for f in found if not any(fits(f, e) for e in case.expect) and
              not (f["severity"] == NOTE and f["id"] in boot.notes)]
    check(not others, f"{name}: {'no finding' if not case.expect else 'no other finding'}",
          "\n".join(others))
    if case.doubt:
        silent = [text(f) for f in found if case.doubt not in (f["not_seen"] or "")]
        check(not silent, f"{name}: each says: {case.doubt}", "\n".join(silent))
    for what, test in case.records:
        check(test(records), f"{name}: {what}", records[-1])
    for what, test in case.lab:
        check(test(directory, records, report(directory, case)), f"{name}: {what}", log)


def said(directories):
    """What the tool said of each id: the first boot and case that is there to show it."""
    table = {}
    for directory in directories:
        boot = next(b for b in BOOTS if os.path.basename(directory).endswith("findings-" + b.name))
        for case in boot.cases:
            found = report(directory, case)["findings"]
            for e in case.expect:
                for f in found:
                    if fits(f, e) and e[0] not in table:
                        table[e[0]] = f'{boot.guest} {boot.kernel}: "{f["evidence"]}"'
    return table


def with_column(lines, table):
    """doc/findings.md with the last column of its table from `table`."""
    out = []
    for line in lines:
        m = re.match(r"(\| `([a-z0-9-]+)` \|.*\|)[^|]*\|$", line.rstrip("\n"))
        if m and m.group(2) in table:
            line = f"{m.group(1)} {table[m.group(2)]} |\n"
        out.append(line)
    return out


def numberless(line):
    """Without what differs from boot to boot: a fault may be handled before the unmap, or after it."""
    line = re.sub(r", unmapped \S+ before", "", line)
    return re.sub(r"0x[0-9a-f]+|\d+(\.\d+)?( (bytes?|[KMG]iB))?", "N", line)


def main():
    command, args = sys.argv[1], sys.argv[2:]
    if command == "boots":
        print("\n".join(b.name for b in BOOTS if "slow" in args or not b.slow))
        return 0
    if command in ("table", "table-check"):
        lines = open(DOC).readlines()
        new = with_column(lines, said(args))
        if command == "table":
            open(DOC, "w").writelines(new)
            return 0
        bad = [b for a, b in zip(lines, new) if numberless(a) != numberless(b)]
        check(not bad, f"{DOC} has what the tool said (make findings-table)", "".join(bad))
        return judge.finish()
    boot = next(b for b in BOOTS if b.name == args[0])
    if command == "args":
        print("\n".join([boot.guest, "--kernel", boot.kernel] + boot.args))
    elif command == "kernel":
        print(f"{boot.guest}:{boot.kernel}")
    elif command == "module":
        return 0 if boot.module else 1
    elif command == "script":
        script(boot, args[1])
    elif command == "check":
        for case in boot.cases:
            check_case(boot, case, args[1])
        return judge.finish()
    return 0


sys.exit(main())
