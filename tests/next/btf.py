#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
What of two kernels differs for dmascope, from their BTF, without booting them: prototypes of the
functions and trace events that it hooks, fields of structures and values of enums that its programs
read. Prints a line for each difference, and as last line how many there are; exit status 0.

usage: btf.py HOOKED OBJECT_BTF OLD_BTF NEW_BTF
       HOOKED: what tests/next/hooked prints; OBJECT_BTF: the .BTF section of dmascope's object
"""
import re
import struct
import sys

INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, FUNC_PROTO, VAR, \
    DATASEC, FLOAT, DECL_TAG, TYPE_TAG, ENUM64 = range(1, 20)
EXTRA = {INT: (4, 0), ARRAY: (12, 0), STRUCT: (0, 12), UNION: (0, 12), ENUM: (0, 8), FUNC_PROTO: (0, 8),
         VAR: (4, 0), DATASEC: (0, 12), DECL_TAG: (4, 0), ENUM64: (0, 12)}
QUALIFIERS = {VOLATILE: "volatile ", CONST: "const ", RESTRICT: "", TYPE_TAG: ""}


class Btf:
    def __init__(self, path):
        with open(path, "rb") as f:
            data = f.read()
        order = "<" if data[:2] == b"\x9f\xeb" else ">"
        hdr_len, type_off, type_len, str_off, str_len = struct.unpack_from(order + "5I", data, 4)
        self.order = order
        self.strings = data[hdr_len + str_off:hdr_len + str_off + str_len]
        self.types = [None]		# (kind, name, vlen, size or type, what follows)
        self.by_name = {}
        at, end = hdr_len + type_off, hdr_len + type_off + type_len
        while at < end:
            name, info, size = struct.unpack_from(order + "3I", data, at)
            kind, vlen = info >> 24 & 0x1f, info & 0xffff
            fixed, each = EXTRA.get(kind, (0, 0))
            at += 12
            rest = data[at:at + fixed + each * vlen]
            at += len(rest)
            self.by_name.setdefault((kind, self.text(name)), len(self.types))
            self.types.append((kind, self.text(name), vlen, size, rest))

    def text(self, off):
        return self.strings[off:self.strings.index(b"\0", off)].decode()

    def numbers(self, t, each):
        return [struct.unpack_from(self.order + "I" * each, t[4], i * each * 4) for i in range(t[2])]

    def members(self, t):
        """(name, type) of a structure, with those of anonymous ones inside it."""
        for name, inner, _ in self.numbers(t, 3):
            if name:
                yield self.text(name), inner
            else:
                inner = self.bare(inner)
                if inner and inner[0] in (STRUCT, UNION):
                    yield from self.members(inner)

    def bare(self, n):
        t = self.types[n]
        while t and t[0] in (TYPEDEF, *QUALIFIERS):
            t = self.types[t[3]]
        return t

    def name(self, n):
        """A type as C writes it, nearly."""
        if not n:
            return "void"
        kind, name, vlen, ref, rest = self.types[n]
        if kind == PTR:
            target = self.types[ref] if ref else None
            if target and target[0] == FUNC_PROTO:
                return self.prototype(ref, "(*)")
            inner = self.name(ref)
            return inner + ("*" if inner.endswith("*") else " *")
        if kind in QUALIFIERS:
            return QUALIFIERS[kind] + self.name(ref)
        if kind == ARRAY:
            inner, _, count = struct.unpack(self.order + "3I", rest)
            return f"{self.name(inner)}[{count}]"
        if kind == FUNC_PROTO:
            return self.prototype(n, "")
        prefix = {STRUCT: "struct ", UNION: "union ", ENUM: "enum ", ENUM64: "enum ", FWD: "struct "}
        return prefix.get(kind, "") + (name or "{...}")

    def prototype(self, n, name):
        t = self.types[n]
        params = [self.name(of) + (" " if param else "") + self.text(param)
                  for param, of in self.numbers(t, 2)]
        return f"{self.name(t[3])} {name}({', '.join(params) or 'void'})"

    def function(self, name):
        n = self.by_name.get((FUNC, name))
        return n and self.prototype(self.types[n][3], name)

    def event(self, name):
        n = self.by_name.get((TYPEDEF, f"btf_trace_{name}"))
        return n and self.prototype(self.types[self.types[n][3]][3], name)

    def fields(self, name):
        """Of a structure or an enum: name and type of each; None where there is none."""
        n = self.by_name.get((STRUCT, name)) or self.by_name.get((UNION, name))
        if n:
            return {m: self.name(of) for m, of in self.members(self.types[n])}
        n = self.by_name.get((ENUM, name))
        if n:
            return {self.text(m): "value" for m, _ in self.numbers(self.types[n], 2)}
        return None


def functions(hooked, old, new):
    seen = set()
    for line in hooked:
        kind, symbol, hook = line.split()
        if symbol in seen:
            continue
        seen.add(symbol)
        a, b = (getattr(k, kind)(symbol) for k in (old, new))
        if a == b:
            continue
        if a and b:
            yield f"{hook}: {kind} changed\n    {a}\n    {b}"
        else:
            yield f"{hook}: {kind} {'appeared' if b else 'vanished'}: {b or a}"


def structures(mine, old, new):
    for kind, name, *_ in mine.types[1:]:
        if kind not in (STRUCT, UNION, ENUM) or not name:
            continue
        bare = re.sub("___.*", "", name)
        a, b = old.fields(bare), new.fields(bare)
        for field in mine.fields(name):
            was, now = (a or {}).get(field), (b or {}).get(field)
            if was == now:
                continue
            if was and now:
                yield f"{bare}.{field}: was {was}, is {now}"
            else:
                yield f"{bare}.{field} {'appeared' if now else 'vanished'}: {now or was}"


def main():
    with open(sys.argv[1], encoding="ascii") as f:
        hooked = f.read().splitlines()
    mine, old, new = (Btf(path) for path in sys.argv[2:5])
    found = list(dict.fromkeys([*functions(hooked, old, new), *structures(mine, old, new)]))
    for line in found:
        print(line)
    print(f"{len(found)} differences in {len(hooked)} candidates and the fields of "
          f"{sum(t[0] in (STRUCT, UNION, ENUM) and bool(t[1]) for t in mine.types[1:])} types")


main()
