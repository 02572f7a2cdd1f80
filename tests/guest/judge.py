# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
What the programs that judge a guest's run share: TAP, and the trace's way of writing numbers. How a
trace or an oracle is read is each judge's own.
"""
results = []


def check(ok, name, detail=""):
    results.append(ok)
    print(f"{'ok' if ok else 'not ok'} {len(results)} - {name}")
    for line in ([] if ok else str(detail).splitlines()[:20]):
        print(f"# {line[:300]}")


def finish():
    """The plan; the exit status."""
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


def num(value):
    return int(value, 0) if isinstance(value, str) else value
