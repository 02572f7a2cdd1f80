# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Which functions of a guest executed how many instructions: lab run --profile, with symbols."""
import bisect


class Symbols:
    """The functions of the guest's kernel, and its programs of BPF, by address."""

    def __init__(self, text):
        found = [line.split() for line in text.splitlines() if line.startswith("symbol ")]
        self.table = sorted((int(w[1], 16), w[2]) for w in found)
        self.starts = [addr for addr, _ in self.table]
        if not self.table:
            raise RuntimeError(f"the guest named no symbols: {text[-300:]}")

    def of(self, addr):
        at = bisect.bisect_right(self.starts, addr) - 1
        return self.table[at][1] if at >= 0 else "?"


def name_of(symbol):
    """Without what each build or each boot changes: a program's tag, a trampoline's number."""
    if symbol.startswith("bpf_trampoline_"):
        return "trampolines"
    if symbol.startswith("bpf_prog_") and symbol.count("_") > 2:
        return "program " + symbol.split("_", 3)[3]
    return symbol


def by_function(said, profile, pairs):
    """Instructions of a pair by function, most first. said: what run.sh printed."""
    symbols = Symbols(said)
    sums = {}
    with open(profile) as f:
        for line in f:
            addr, insns, runs = line.split()
            name = name_of(symbols.of(int(addr, 16)))
            sums[name] = sums.get(name, 0) + int(insns) * int(runs) / pairs
    return sorted(sums.items(), key=lambda item: -item[1])
