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
    which takes long in an emulated guest, has its own kprobes skipped; and where kprobes are forced on a
    preemptible kernel for ppc64le, it may not run a program on one processor any more
    (doc/upstream-powerpc-kprobes-r13.md).
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


def top_counted(last, status, skipped):
    """
    The last object of top --json, top's exit status and the kernel's own counts of the runs of its programs
    that it skipped (recursion_misses in /proc/PID/fdinfo): top lost nothing. Where it lost no more than the
    kernel skipped, the test may be repeated.
    """
    lost, skipped = num(last["lost"]), sum(map(int, skipped.split()))
    check(not lost and last["complete"] and status.strip() == "0", "top loses nothing, and ends with status 0",
          (str(last)[:300], status))
    if 0 < lost <= skipped:
        print(f"# again: the kernel skipped {skipped} runs of programs, and top says that {lost} are lost")


def finish():
    """The plan; the exit status. No check at all is a failure."""
    print(f"1..{len(results)}")
    return 0 if results and all(results) else 1


def left_out(r):
    """The record of the hook that `also` names, as doc/trace-format.md says it is made of r."""
    also = r["also"]
    inner = {k: r[k] for k in ("t", "cpu", "pid") if k in r}
    inner["hook"] = also
    if also in ("swiotlb.map", "swiotlb.unmap"):
        inner.update({k: r[k] for k in ("dev", "size", "path", "dir")}, slot=r.get("slot", r["dma"]))
        if also == "swiotlb.map":
            inner["phys"] = r["phys"]
        inner["type"] = "bounce" if also == "swiotlb.map" else "unbounce"
        return inner
    page = 1 << r["page_shift"]
    first = num(r["dma"]) // page * page
    end = (num(r["dma"]) + num(r["size"]) + page - 1) // page * page
    inner.update(dma=hex(first), size=str(end - first), liobn=r["liobn"], page_shift=r["page_shift"])
    if also.startswith("tce.build"):
        inner.update(phys=hex(num(r["phys"]) // page * page), dir=r["dir"], ret=0)
    inner["type"] = "tce_set" if also.startswith("tce.build") else "tce_clear"
    return inner


def parts(records):
    """The records, and before each that has `also` the one that was left out for it."""
    for r in records:
        if "also" in r:
            yield left_out(r)
        if r.get("also") in ("swiotlb.map", "swiotlb.unmap"):
            r = {"slot": r["dma"], **r}
        yield r


def num(value):
    return int(value, 0) if isinstance(value, str) else value
