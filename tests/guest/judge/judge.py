# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
What the programs that judge a guest's run share: TAP, and the trace's way of writing numbers. How a
trace or an oracle is read is each judge's own.
"""
results = []
prefix = ""


def about(what):
    """What all checks that follow are about: it stands before their names."""
    global prefix
    prefix = f"{what}: "


def check(ok, name, detail=""):
    results.append(bool(ok))
    print(f"{'ok' if ok else 'not ok'} {len(results)} - {prefix}{name}")
    for line in ([] if ok else str(detail).splitlines()[:20]):
        print(f"# {line[:400]}")


def whole(footer, name="the footer says that nothing was lost"):
    """
    The recording has its footer, and is complete. Where all that is missing was skipped by the kernel,
    and the footer says so, the test may be repeated (tests/run): an interrupt within a kprobe's handler,
    which takes long in an emulated guest, has its own kprobes skipped; and on 7.2 for ppc64le the kernel
    has been seen not to run a program on one processor any more (its count of what runs there is off by
    one).
    """
    check(footer["type"] == "end" and footer["complete"] is True, name, footer)
    again(footer)


def again(footer):
    """Says so if all that is missing was skipped by the kernel, and the footer tells."""
    counts = footer.get("hooks", {}).values()
    lost = sum(num(c["dropped"]) + num(c["failed"]) for c in counts)
    skipped = sum(num(c.get("skipped", 0)) for c in counts)
    if skipped and skipped == lost:
        print(f"# again: the kernel skipped {skipped} runs of programs, and the trace says so")


def finish():
    """The plan; the exit status. No check at all is a failure."""
    print(f"1..{len(results)}")
    return 0 if results and all(results) else 1


def num(value):
    return int(value, 0) if isinstance(value, str) else value
