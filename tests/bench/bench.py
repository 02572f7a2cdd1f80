#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Measures what dmascope costs and writes the tables of doc/performance.md. All is processor time
(user and system) of the process in question; medians of rounds in which the rivals take turns.

usage: bench.py [--build DIR] [--write FILE] [--quick] [--only NAME]... [--bpftrace COMMAND]...
	[--dmascope NAME=PROGRAM]...
	--bpftrace	another bpftrace beside that of the system, for example one in a chroot
	--dmascope	another build, in turns: its report reads the same trace, its top starts
"""
import argparse
import datetime
import fcntl
import os
import platform
import pty
import re
import select
import shlex
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

HEAD = """<!-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause -->
<!-- Written by make bench; changes by hand are lost. -->
# What dmascope costs

"""
# a buffer of bpftrace that takes all lines of a round, 64 MiB
BUFFERS = {"BPFTRACE_PERF_RB_PAGES": "16384"}
PARTS = ["trace", "read", "printf", "rate", "memory", "top", "start"]
rows = []
log = lambda *a: print(*a, file=sys.stderr, flush=True)


class Row:
    """One line of the table: what, what was measured, and the bound (None: for information)."""

    def __init__(self, what, got, unit, bound=None, least=False, note=""):
        self.what, self.got, self.unit = what, got, unit
        self.bound, self.least, self.note = bound, least, note
        rows.append(self)
        log(f"  {what}: {self.text()}")

    def ok(self):
        return self.bound is None or (self.got >= self.bound if self.least
                                      else self.got <= self.bound)

    def text(self):
        return f"{number(self.got)} {self.unit}".strip()

    def cells(self):
        sign = "≥" if self.least else "≤"
        bound = "" if self.bound is None else f"{sign} {number(self.bound)} {self.unit}".strip()
        if self.bound is None:
            verdict = ""
        elif self.ok():
            verdict = "met"
        else:
            factor = self.bound / self.got if self.least else self.got / self.bound
            verdict = f"**missed by {factor:.2f} x**"
        return [self.what, self.text(), bound, verdict, self.note]


def number(v):
    return f"{v:.0f}" if abs(v) >= 100 else f"{v:.3g}"


def spread(values):
    return f"{number(min(values))} to {number(max(values))} in {len(values)} rounds"


def cpu_of(pid):
    """Seconds of processor time of all threads of a process."""
    total = 0
    for tid in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{tid}/schedstat") as f:
            total += int(f.read().split()[0])
    return total / 1e9


def stop(p):
    """Ends a process by its signal; some take their time with what they have read."""
    p.send_signal(signal.SIGINT)
    try:
        p.wait(300)
    except subprocess.TimeoutExpired:
        log(f"  {p.args[0]} did not end within 300 s of SIGINT")
        p.kill()
        p.wait()


def cost_of(argv):
    """Processor time of a command, of all of its threads, and elapsed time; in seconds."""
    begun = time.monotonic()
    p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode:
        raise RuntimeError(f"{argv[0]} ended with {p.returncode}")
    return used.ru_utime + used.ru_stime, time.monotonic() - begun


class Terminal:
    """A process on a terminal of its own."""

    def __init__(self, argv, rows_cols=(40, 120)):
        self.begun = time.monotonic()
        self.text = b""
        self.pid, self.fd = pty.fork()
        if not self.pid:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *rows_cols, 0, 0))
            os.environ["TERM"] = "xterm-256color"
            os.environ["LC_ALL"] = "C.UTF-8"
            try:
                os.execvp(argv[0], argv)
            finally:
                os._exit(127)

    def wait_for(self, what, seconds=120):
        """Elapsed and processor time until `what` has come out."""
        while what not in self.text:
            left = self.begun + seconds - time.monotonic()
            if left <= 0 or not self.read(left):
                raise RuntimeError(f"no {what!r} in {self.text[-300:]!r}")
        return time.monotonic() - self.begun, cpu_of(self.pid)

    def read(self, seconds):
        ready, _, _ = select.select([self.fd], [], [], max(0, seconds))
        try:
            got = os.read(self.fd, 65536) if ready else b""
        except OSError:
            got = b""
        self.text += got
        return got

    def drain_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(end - time.monotonic())
            self.text = b""

    def end(self, sig=signal.SIGINT):
        os.kill(self.pid, sig)
        while self.read(10):
            pass
        os.close(self.fd)
        return os.wait4(self.pid, 0)[2]


class Bench:
    def __init__(self, args, tmp):
        self.args, self.tmp = args, tmp
        self.tool = f"{args.build}/dmascope"
        self.dir = f"{args.build}/bench"
        self.others = dict(name.rsplit("=", 1) for name in args.dmascope)
        self.rivals = []
        for command in ["bpftrace"] + args.bpftrace:
            argv = shlex.split(command)
            try:
                said = subprocess.run(argv + ["--version"], capture_output=True, text=True)
            except OSError:
                log(f"  {command} is not there")
                continue
            version = re.search(r"v[0-9][0-9.]*[0-9]", said.stdout)
            if version:
                self.rivals.append((f"bpftrace {version.group()[1:]}", argv))

    def rounds(self, n):
        return 2 if self.args.quick else n

    # ---- the trace's speed ----

    def trace(self):
        count = 300000 if self.args.quick else 1000000
        got = {}
        for _ in range(self.rounds(5)):
            out = subprocess.run([f"{self.args.build}/tests/bench_trace", str(count)],
                                 capture_output=True, text=True, check=True).stdout
            for kind, wr, rd in re.findall(r"^(\w+) +write +([\d.]+) .*read +([\d.]+) ", out, re.M):
                got.setdefault((kind, "write"), []).append(float(wr))
                got.setdefault((kind, "read"), []).append(float(rd))
        names = {"plain": "", "gzip": ", gzip", "redact": ", --redact", "flight": ", --max-size"}
        for way in ("write", "read"):
            for kind, name in names.items():
                v = got[kind, way]
                if kind in ("plain", "gzip") or way == "write":
                    Row(f"{way} JSON records{name}", statistics.median(v), "M records/s",
                        note=spread(v))
        self.writer = 1 / statistics.median(got["plain", "write"])
        self.written = {kind: got[kind, "write"] for kind in ("plain", "gzip")}

    # ---- against programs that read the same bytes ----

    JQ = 'reduce (inputs | select(.type == "map")) as $r (0; . + 1)'

    def read(self):
        events = 200000 if self.args.quick else 2000000
        gz, plain = f"{self.tmp}/read.json.gz", f"{self.tmp}/read.json"
        subprocess.run([f"{self.dir}/gen", gz, str(events), "0"], check=True)
        with open(plain, "wb") as out:
            subprocess.run(["gunzip", "-c", gz], stdout=out, check=True)
        cases = {"report": [self.tool, "report", gz], "report, plain": [self.tool, "report", plain],
                 "gunzip": ["gunzip", "-c", gz], "gzip": ["gzip", "-1", "-c", plain],
                 "jq": ["jq", "-n", self.JQ, plain]}
        reads = {name: old for name, old in self.others.items()  # an older one may know no such trace
                 if not subprocess.run([old, "report", gz], capture_output=True).returncode}
        cases |= {name: [old, "report", gz] for name, old in reads.items()}
        cpu, took = {}, {}
        for i in range(self.rounds(5)):
            for name, argv in cases.items():
                if name == "jq" and i:
                    continue
                used, elapsed = cost_of(argv)
                cpu.setdefault(name, []).append(used)
                took.setdefault(name, []).append(elapsed)
        c = {name: statistics.median(v) for name, v in cpu.items()}
        t = {name: statistics.median(v) for name, v in took.items()}
        says = lambda a, b: f"{number(c[a])} : {number(c[b])} s of CPU for {events:,} events"
        Row("report of a plain trace : jq counting one fact", c["report, plain"] / c["jq"], "x",
            0.15, note=says("report, plain", "jq"))
        Row("report of a gzip trace : gunzip", c["report"] / c["gunzip"], "x", 1.3,
            note=says("report", "gunzip"))
        for old in reads:
            Row(f"report of a gzip trace : {old}", c["report"] / c[old], "x", 1,
                note=says("report", old))
        Row("report of a gzip trace : gunzip, elapsed", t["report"] / t["gunzip"], "x", 1.3,
            note=f"{number(t['report'])} : {number(t['gunzip'])} s on {os.cpu_count()} processors")
        # gzip may have other code than zlib: a level of its own
        write = statistics.median(self.written["gzip"])
        Row("write JSON records, gzip : gzip of as many lines", events / c["gzip"] / 1e6 / write,
            "x", 0.6, note=f"gzip -1 {number(events / c['gzip'] / 1e6)} M lines/s")

    # ---- against bpftrace's printf ----

    PRINTF = ('uprobe:%s:hit { printf("{\\"t\\":%%llu,\\"dev\\":%%llu,\\"dma\\":\\"0x%%llx\\",'
              '\\"phys\\":\\"0x%%llx\\",\\"size\\":%%llu,\\"dir\\":%%d,\\"path\\":%%d}\\n",'
              ' arg0, arg1, arg2, arg3, arg4, arg5 & 255, (arg5 >> 8) & 255) }')

    def hits(self, pid, n, at_once=False):
        """Processor time of pid for n calls of hit(), from the first on until it is idle. At once:
        it is stopped meanwhile, so that it finds all of them and is not woken for each."""
        before = cpu_of(pid)
        if at_once:
            os.kill(pid, signal.SIGSTOP)
        subprocess.run(["taskset", "-c", "0", f"{self.dir}/loop", str(n)], check=True)
        if at_once:
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.3)
        self.idle(pid)
        return cpu_of(pid) - before

    @staticmethod
    def idle(pid):
        """Waits until the process does no more than wake up now and then."""
        last = -1
        while cpu_of(pid) - last > 0.003:
            last = cpu_of(pid)
            time.sleep(0.3)

    def printf_of(self, argv, n, at_once):
        path = f"{self.tmp}/printf.out"
        with open(path, "wb") as out, open(f"{self.tmp}/printf.err", "wb") as err:
            p = subprocess.Popen(argv + ["-e", self.PRINTF % os.path.abspath(f"{self.dir}/loop")],
                                 stdout=out, stderr=err, stdin=subprocess.DEVNULL,
                                 env=dict(os.environ, **BUFFERS))
        try:
            self.settle(p, 1.5)
            cpu = self.hits(p.pid, n, at_once)
        finally:
            stop(p)
        with open(path, "rb") as f:
            lines = sum(line.startswith(b'{"t":') for line in f)
        if not lines:
            with open(f"{self.tmp}/printf.err") as f:
                raise RuntimeError(f"{argv[0]} printed nothing: {f.read()[-300:]}")
        return cpu / lines * 1e6, n - lines

    def settle(self, p, seconds):
        """Until the process had time to attach and is idle."""
        time.sleep(seconds)
        if p.poll() is not None:
            raise RuntimeError(f"{p.args[0]} ended with {p.returncode}")
        self.idle(p.pid)

    def record_of(self, n):
        path = f"{self.tmp}/record.json"
        p = subprocess.Popen([self.tool, "record", "-q", "-f", "-o", path],
                             stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.settle(p, 1.5)
            inj = subprocess.Popen([f"{self.dir}/inject", "ring", str(p.pid), f"{self.dir}/loop",
                                    f"{self.dir}/inject.bpf.o"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
            if inj.stdout.readline() != "ready\n":
                raise RuntimeError("inject did not start")
            cpu = self.hits(p.pid, n)
            hits, dropped = map(int, inj.communicate("\n")[0].split())
        finally:
            stop(p)
        with open(path, "rb") as f:
            lines = sum(line.startswith((b'{"type":"map"', b'{"type":"unmap"')) for line in f)
        if hits != n or lines + dropped != n:
            raise RuntimeError(f"{n} hits became {hits}, {lines} lines, {dropped} dropped")
        return cpu / lines * 1e6, dropped

    def printf(self):
        n = 50000 if self.args.quick else 200000
        got, lost = {}, {}
        cases = [("dmascope record", None, False)]
        for name, argv in self.rivals:
            cases += [(name, argv, False), (f"{name}, all at once", argv, True)]
        for _ in range(self.rounds(3)):
            for name, argv, at_once in cases:
                cpu, gone = self.printf_of(argv, n, at_once) if argv else self.record_of(n)
                got.setdefault(name, []).append(cpu)
                lost[name] = lost.get(name, 0) + gone
                log(f"    {name}: {cpu:.3f} s per million lines, {gone} of {n} lost")
        ours = statistics.median(got["dmascope record"])
        for name, v in got.items():
            Row(f"CPU of a million events as lines of text: {name}", statistics.median(v), "s",
                note=f"{spread(v)}; {lost[name]} of {n * len(v)} lost")
        for name, argv, at_once in cases[1:]:
            rival = statistics.median(got[name])
            Row(f"writing alone : {name}", self.writer / rival, "x", 0.3)
            Row(f"record (ring, order, model, writing) : {name}", ours / rival, "x", 0.3)

    # ---- the highest rate ----

    def rate_of(self, verb):
        """The ring's size and the highest rate without loss, in millions a second."""
        p = subprocess.Popen(["nice", "-n", "-20", "taskset", "-c", "1", self.tool, *verb], stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.settle(p, 1.5)
            out = subprocess.run(["nice", "-n", "-20", f"{self.dir}/rate", "of", str(p.pid),
                                  f"{self.dir}/rate.bpf.o"], capture_output=True, text=True,
                                 check=True).stdout.split()
        finally:
            stop(p)
        return out[0], float(out[1])

    def rate(self):
        cases = {"dmascope record to JSON": ["record", "-q", "-o", "-"],
                 "dmascope top --ranges (no text)": ["top", "-b", "--ranges", "-d", "10s"]}
        got = {}
        for _ in range(self.rounds(3)):
            for name, verb in cases.items():
                size, most = self.rate_of(verb)
                got.setdefault(name, []).append(most)
            out = subprocess.run(["nice", "-n", "-20", f"{self.dir}/rate", "plain",
                                  f"{self.dir}/rate.bpf.o", size], capture_output=True, text=True,
                                 check=True).stdout.split()
            got.setdefault("libbpf's ring buffer and a count", []).append(float(out[1]))
        best = {name: max(v) for name, v in got.items()}
        for name, v in got.items():
            Row(f"highest rate without loss: {name}", best[name], "M records/s",
                note=f"best; {spread(v)}")
        plain = best.pop("libbpf's ring buffer and a count")
        for name, bound in zip(best, (0.25, 0.8)):
            Row(f"highest rate: {name} : libbpf", best[name] / plain, "x", bound, True)

    # ---- memory ----

    def report_of(self, path):
        with open(f"{self.tmp}/report.txt", "wb") as out:
            begun = time.monotonic()
            p = subprocess.Popen([self.tool, "report", path], stdout=out)
        peak = 0
        while p.poll() is None:
            try:
                with open(f"/proc/{p.pid}/status") as f:
                    m = re.search(r"VmHWM:\s+(\d+)", f.read())
                peak = max(peak, int(m.group(1))) if m else peak
            except (OSError, ValueError):
                pass
            time.sleep(0.005)
        if p.returncode != 0:
            raise RuntimeError(f"report ended with {p.returncode}")
        return peak / 1024, time.monotonic() - begun

    def memory(self):
        most = 300000 if self.args.quick else 10000000
        few, live = most // 10, most // 10
        path = f"{self.tmp}/big.json.gz"
        peak = {}
        for events, stay in ((few, 0), (most, 0), (few, live)):
            subprocess.run([f"{self.dir}/gen", path, str(events), str(stay)], check=True)
            peak[events, stay], elapsed = self.report_of(path)
            if (events, stay) == (most, 0):
                rate = events / elapsed / 1e6
        Row(f"memory of report, {most:,} events, 2,048 mappings in flight", peak[most, 0], "MiB",
            64, note=f"all of it; with {few:,} events {number(peak[few, 0])} MiB. 64 devices, "
            "32 callers")
        Row(f"... and for each of {live:,} mappings that stay live",
            (peak[few, live] - peak[few, 0]) * 1048576 / live, "bytes")
        Row("report, gzip to text, model included", rate, "M events/s", 4, least=True,
            note=f"elapsed, on {os.cpu_count()} processors")
        self.growth(path, most // 5)
        os.unlink(path)

    def growth(self, path, events):
        """What report costs with more devices, and with more findings."""
        rounds, got = self.rounds(3), {}
        for devices, refused in ((64, 0), (1024, 0), (1024, 10), (1024, 1000)):
            subprocess.run([f"{self.dir}/gen", path, str(events), "0", str(devices), str(refused)],
                           check=True)
            cpu = statistics.median(cost_of([self.tool, "report", path])[0] for _ in range(rounds))
            got[devices, refused] = cpu, self.report_of(path)[0]
        for what, many, few in (("1,024 devices : 64", (1024, 0), (64, 0)),
                                ("1,000 findings : 10", (1024, 1000), (1024, 10))):
            Row(f"CPU of report, {what}", got[many][0] / got[few][0], "x", 1.3,
                note=f"{number(got[many][0])} : {number(got[few][0])} s for {events:,} events; "
                f"memory {number(got[many][1])} : {number(got[few][1])} MiB")

    # ---- top ----

    def top(self):
        seconds = 4 if self.args.quick else 12
        got = {}
        for size in ((40, 120), (75, 200)):
            for _ in range(self.rounds(2)):
                t = Terminal([self.tool, "top"], size)
                t.wait_for(b"DEVICE")
                inj = subprocess.Popen([f"{self.dir}/inject", "stats", str(t.pid), "64"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                if inj.stdout.readline() != b"ready\n":
                    raise RuntimeError("inject did not start")
                t.drain_for(2.5)
                before, begun = cpu_of(t.pid), time.monotonic()
                t.drain_for(seconds)
                share = (cpu_of(t.pid) - before) / (time.monotonic() - begun) * 100
                got.setdefault(size, []).append(share)
                inj.communicate(b"\n")
                t.end()
        for (lines, cols), v in got.items():
            Row(f"top's own CPU, 64 devices, every second, {cols}x{lines}", statistics.median(v),
                "%", 0.5, note=spread(v))

    # ---- the start ----

    # what an observer of the kernel has to read at least
    READ = ["cat", "/proc/kallsyms", "/sys/kernel/btf/vmlinux"]

    def start(self):
        cases = [("dmascope top", [self.tool, "top"], b"DEVICE")]
        cases += [(name, [old, "top"], b"DEVICE") for name, old in self.others.items()]
        for name, argv in self.rivals:
            cases.append((name, argv + ["-e", 'BEGIN { printf("first\\n"); }'], b"first\r\n"))
        cpu, took = {}, {}
        for _ in range(self.rounds(11)):
            for name, argv, sign in cases:
                t = Terminal(argv)
                elapsed, used = t.wait_for(sign)
                t.end()
                cpu.setdefault(name, []).append(used * 1000)
                took.setdefault(name, []).append(elapsed * 1000)
            cpu.setdefault("cat", []).append(cost_of(self.READ)[0] * 1000)
        for name, _, _ in cases:
            bpftrace = name in dict(self.rivals)
            what = "to BEGIN's first line" if bpftrace else "attach to first screen"
            Row(f"{name}, CPU from start {what}", statistics.median(cpu[name]), "ms",
                note=f"{spread(cpu[name])}; elapsed {number(min(took[name]))} ms at best, "
                f"{number(statistics.median(took[name]))} ms in the middle")
        for name in [name for name, _ in self.rivals] + list(self.others):
            # 80 ms were the goal where the sources of 2026-11-25 took 117
            Row(f"start, CPU, dmascope top : {name}", statistics.median(cpu["dmascope top"]) /
                statistics.median(cpu[name]), "x", 80 / 117 if name in self.others else None)
        Row("start, CPU, dmascope top : cat of /proc/kallsyms and vmlinux BTF",
            statistics.median(cpu["dmascope top"]) / statistics.median(cpu["cat"]), "x", 5.2,
            note=f"cat {number(statistics.median(cpu['cat']))} ms")
        Row("dmascope top, elapsed to first screen, best round", min(took["dmascope top"]), "ms",
            note="other work ran on the machine if the load below says so")
        top = Terminal([self.tool, "top"])
        top.wait_for(b"DEVICE")
        with open(f"/proc/{top.pid}/status") as f:
            rss = int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1)) / 1024
        top.end()
        Row("top's memory at its first screen", rss, "MiB")


def table():
    out = ["| what | measured | bound | | rounds, notes |", "|---|---|---|---|---|"]
    return "\n".join(out + ["| " + " | ".join(r.cells()) + " |" for r in rows]) + "\n"


def machine():
    with open("/proc/cpuinfo") as f:
        model = re.search(r"^(?:model name|cpu)\s*: (.*)", f.read(), re.M)
    return f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} processors"


def commit():
    say = lambda *a: subprocess.run(["git", "-c", f"safe.directory={os.getcwd()}", *a],
                                    capture_output=True, text=True).stdout.strip()
    changed = say("status", "--porcelain", "--untracked-files=no", "--", "src", "bpf", "include")
    return (say("rev-parse", "--short", "HEAD") or "unknown") + (" and changes" if changed else "")


def text(b, load):
    notes = os.path.join(os.path.dirname(os.path.abspath(__file__)), "notes.md")
    with open(notes) as f:
        body = f.read().split("-->\n", 2)[2]
    names = ", ".join(name for name, _ in b.rivals) or "no bpftrace"
    return (HEAD + f"{datetime.date.today()}, commit {commit()}, Linux {platform.release().split('-')[0]} "
            f"{platform.machine()}, {machine()}, {names}. Load average while it ran: "
            f"{load:.1f} at the start, {os.getloadavg()[0]:.1f} at the end.\n\n"
            + table() + "\n" + body)


GUESTS = "## In guests, in instructions\n"


def guests_part(path):
    """The part of the page that guest/guest.py writes, from its head on."""
    try:
        with open(path) as f:
            have = f.read()
    except FileNotFoundError:
        return ""
    return have[have.index(GUESTS):] if GUESTS in have else ""


def write_guests(path, body, notes):
    with open(path) as f:
        native = f.read()
    native = native[:len(native) - len(guests_part(path))].rstrip() + "\n\n"
    with open(notes) as f:
        body += "\n" + f.read().split("-->\n", 2)[2]
    with open(path, "w") as f:
        f.write(native + GUESTS + body)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default="build/amd64")
    p.add_argument("--write")
    p.add_argument("--quick", action="store_true")
    p.add_argument("--only", action="append", choices=PARTS)
    p.add_argument("--bpftrace", action="append", default=[])
    p.add_argument("--dmascope", action="append", default=[])
    args = p.parse_args()
    if os.getuid() and set(args.only or PARTS) - {"trace", "read", "memory"}:
        sys.exit("bench: attaching needs root")
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background job ignores it
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir=args.build) as tmp:
        b = Bench(args, tmp)
        for name in PARTS:
            if args.only and name not in args.only:
                continue
            log(f"{name}:")
            if name in ("printf", "read") and not hasattr(b, "writer"):
                b.trace()
            getattr(b, name)()
    print(table(), end="")
    if args.write:
        if args.quick or args.only:
            sys.exit("bench: only a whole run is written down")
        guests = guests_part(args.write)
        with open(args.write, "w") as f:
            f.write(text(b, load) + (guests and "\n" + guests))
    return 0


if __name__ == "__main__":
    sys.exit(main())
