# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
JSON that dmascope prints against the page of doc/ that describes it: each section of the page is an
object, with a table of its fields and their types. And TAP. What fields mean is not known here.
"""
import os
import platform
import re
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
TOOL = os.environ.get("DMASCOPE", f"build/{ARCH}/dmascope")
tests = []


def ok(name, why):
    """A test, which failed if there is a reason."""
    tests.append(not why)
    print(f"{'not ok' if why else 'ok'} {len(tests)} - {name}")
    if why:
        print("# " + str(why)[:600])


def plan():
    print(f"1..{len(tests)}")
    sys.exit(not all(tests))


SIMPLE = {
    "string": lambda v: isinstance(v, str),
    "count": lambda v: isinstance(v, str) and re.fullmatch(r"0|[1-9]\d*", v),
    "hex": lambda v: isinstance(v, str) and re.fullmatch(r"0x(0|[1-9a-f][0-9a-f]*)", v),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "rate": lambda v: v is None or (isinstance(v, (int, float)) and v >= 0),
    "boolean": lambda v: isinstance(v, bool),
}


class Page:
    """{section: {field: type}}; `seen` are the fields that had a value, `wrong` is what differed."""

    def __init__(self, path):
        self.fields, self.seen, self.wrong = {}, set(), []
        section = None
        with open(path, encoding="utf-8") as f:
            for line in f:
                head = re.match(r"## (?:The )?(\w+)$", line)
                row = re.match(r"\| `(\w+)` \| ([^|]+) \|", line)
                if head:
                    section = self.fields.setdefault(head.group(1), {})
                elif row:
                    section[row.group(1)] = row.group(2).strip()

    def check(self, kind, value, where):
        if kind.endswith(" or absent"):
            kind = kind[:-len(" or absent")]
        if kind.endswith(" or null"):
            if value is None:
                return
            kind = kind[:-len(" or null")]
        if kind in SIMPLE:
            if not SIMPLE[kind](value):
                self.wrong.append(f"{where} is {value!r}, no {kind}")
        elif kind.startswith("array of "):
            for v in value:
                self.check(kind[len("array of "):], v, where)
        elif kind.startswith("object of "):
            for v in value.values():
                self.check(kind[len("object of "):], v, where)
        else:
            self.check_object(kind, value)

    def check_object(self, section, value):
        fields = self.fields[section]
        for field in fields.keys() ^ value.keys():
            if field in value:
                self.wrong.append(f"{section}.{field} is not on the page")
            elif not fields[field].endswith(" or absent"):
                self.wrong.append(f"{section}.{field} is not printed")
        for field, v in value.items():
            if field in fields:
                if v is not None:
                    self.seen.add((section, field))
                self.check(fields[field], v, f"{section}.{field}")

    def unseen(self):
        return sorted({(s, f) for s in self.fields for f in self.fields[s]} - self.seen)
