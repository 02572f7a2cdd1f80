# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Overhead of dmascope, against its bounds and bpftrace: make bench writes
# doc/performance.md, make bench-guest its part about guests. Part of no check: they need root, ten
# minutes and 300 MB, the second half an hour and the lab. BENCH="--bpftrace COMMAND" measures
# another bpftrace too, BENCH="--dmascope NAME=PROGRAM" the report and the start of another build
# (tests/bench/bench.py).

BENCH_OUT := $(OUT)/bench
BENCH_BINS := $(BENCH_OUT)/loop $(BENCH_OUT)/inject $(BENCH_OUT)/gen $(BENCH_OUT)/inject.bpf.o \
	$(BENCH_OUT)/rate $(BENCH_OUT)/rate.bpf.o

$(BENCH_OUT)/loop: tests/bench/loop.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -O2 $(WARN) -o $@ $<

$(BENCH_OUT)/inject $(BENCH_OUT)/rate: $(BENCH_OUT)/%: tests/bench/%.c tests/bench/mapof.h include/dmascope/event.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(LDLIBS)

$(BENCH_OUT)/gen: tests/bench/gen.c $(OUT)/libcore.a
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(OUT)/libcore.a $(LDLIBS)

$(BENCH_OUT)/inject.bpf.o $(BENCH_OUT)/rate.bpf.o: $(BENCH_OUT)/%.bpf.o: tests/bench/%.bpf.c include/dmascope/event.h
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -target $(BPF_TARGET) -mcpu=v2 -g -O2 -Wall -Wextra -Iinclude \
		-I/usr/include/$(TRIPLE) -c $< -o $@

# Programs for the guests, on an architecture whose tool is static.
$(BENCH_OUT)/rivals.bpf.o: tests/bench/guest/rivals.bpf.c vmlinux.h
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(BPF_CC) -c $< -o $@

$(BENCH_OUT)/rivals: tests/bench/guest/rivals.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(LDLIBS)

bench-guest-bins: $(OUT)/dmascope $(BENCH_OUT)/rivals $(BENCH_OUT)/rivals.bpf.o
.PHONY: bench-guest-bins

bench: $(OUT)/dmascope $(OUT)/tests/bench_trace $(BENCH_BINS)
	$(Q)tests/bench/bench.py --build $(OUT) --write doc/performance.md $(BENCH)
	$(Q)tools/overhead
.PHONY: bench

# Two minutes, fewer rounds, no verdict: that the bench still works. What needs root or bpftrace is left out
# where that is not there.
bench-bins: $(OUT)/dmascope $(OUT)/tests/bench_trace $(BENCH_BINS)
bench-quick: bench-bins
	$(Q)tests/bench/test_quick --build $(OUT)
.PHONY: bench-quick bench-bins

# In guests of the lab, in instructions (tests/bench/guest/notes.md): half an hour.
bench-guest: check-tools
	$(Q)tools/lab/lab setup pef x86
	$(Q)$(MAKE) --no-print-directory ARCH=ppc64le bench-guest-bins
	$(Q)$(MAKE) --no-print-directory STATIC=1 bench-guest-bins
	$(Q)tests/bench/guest/guest.py --write doc/performance.md $(BENCH_GUEST)
.PHONY: bench-guest
