#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Searches a trace, or any other JSON that dmascope wrote, for kernel addresses: values in the ranges
where the kernel's memory, stacks and code lie on that architecture, and their low halves in fields
that hold small numbers. SECURITY.md promises that none gets out.

usage: addresses.py FILE...	FILE is a trace, .gz or not; Prints TAP
"""
import gzip
import json
import re
import sys

from judge import check, finish

# The first kernel address. x86-64: the upper half, with 5 levels from 0xff00... on. powerpc: the linear
# map, vmalloc and vmemmap. s390x: code, stacks and modules lie at the end of 4 TiB; the identity
# map cannot be distinguished from physical addresses. arm64: the upper half, 52 bits.
FIRST = {
    "x86_64": 0xff00000000000000,
    "ppc64le": 0xc000000000000000,
    "s390x": 0x30000000000,
    "aarch64": 0xfff0000000000000,
}
ATTRS = 0x7ffe      # DMA_ATTR_* that kernels define (DMS_ATTRS in include/dmascope/event.h)
SMALL = {           # fields that hold small numbers: what lies above is the low half of something
    "attrs": ATTRS, "cpu": 1 << 16, "pid": 1 << 22, "index": 1 << 20, "page_shift": 63,
    "cpus": 1 << 16, "areas": 1 << 16, "bypass": 1, "force_bounce": 1, "cc_shared": 1, "dma_iommu": 1,
    "table_page_shift": 63, "pool_areas": 1 << 16,
}
# Bits and times, not addresses.
OTHER = {"t", "virtio_features", "start_ns", "realtime_offset_ns", "key", "id", "stack"}


def number(value):
    """Of a JSON number, or of a text that is one; None for all others."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and re.fullmatch(r"0x[0-9a-f]+|[0-9]+", value):
        return int(value, 0)
    return None


def is_mask(n):
    return n & (n + 1) == 0     # 2^n - 1; ~0, the value of what was refused, is one too


def leaves(value, path=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value


def in_text(text, first):
    """Addresses inside a longer text: a frame without a symbol, a message."""
    return [w for w in re.findall(r"0x[0-9a-f]{9,16}|\b[0-9a-f]{16}\b", text)
            if int(w, 16) >= first and not is_mask(int(w, 16))]


def leaks(record, arch):
    """Each suspicious field of one record, as a text."""
    first = FIRST[arch]
    for key, value in leaves(record):
        n = number(value)
        if n is None:
            if isinstance(value, str) and key not in ("cmdline",):
                for word in in_text(value, first):
                    yield f"{key}: {word} is a kernel address"
        elif key == "attrs" and n & ~ATTRS:
            yield f"attrs: {n:#x} has bits that no kernel defines"
        elif key in SMALL and n > SMALL[key]:
            yield f"{key}: {n:#x} is no such number, but half an address"
        elif key not in OTHER and n >= first and not is_mask(n):
            yield f"{key}: {n:#x} is a kernel address"


def check_addresses(records, arch=None, name="no kernel address, and no half of one, is in the trace"):
    arch = arch or next((r["arch"] for r in records if r.get("type") in ("header", "session")
                         and "arch" in r), None)
    if arch not in FIRST:
        check(False, name, f"architecture {arch}: its address ranges are not known")
        return
    bad = []
    for number_of, record in enumerate(records, 1):
        bad += [f"line {number_of}, {record.get('type')}: {what}" for what in leaks(record, arch)]
    check(not bad, name, "\n".join(bad))


def read(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt") as f:
        return [json.loads(line) for line in f if line.strip()]


if __name__ == "__main__":
    for path in sys.argv[1:]:
        check_addresses(read(path), name=f"{path}: no kernel address, and no half of one")
    sys.exit(finish())
