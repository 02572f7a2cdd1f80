# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What dmascope costs, against its bounds and against bpftrace: make bench writes
# doc/performance.md. Part of no check: it needs root, five minutes, and
# 300 MB. BENCH="--bpftrace COMMAND" measures another bpftrace too (tests/bench/bench.py).

BENCH_OUT := $(OUT)/bench
BENCH_BINS := $(BENCH_OUT)/loop $(BENCH_OUT)/inject $(BENCH_OUT)/gen $(BENCH_OUT)/inject.bpf.o

$(BENCH_OUT)/loop: tests/bench/loop.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -O2 $(WARN) -o $@ $<

$(BENCH_OUT)/inject: tests/bench/inject.c include/dmascope/event.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(LDLIBS)

$(BENCH_OUT)/gen: tests/bench/gen.c $(OUT)/libcore.a
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(OUT)/libcore.a $(LDLIBS)

$(BENCH_OUT)/inject.bpf.o: tests/bench/inject.bpf.c include/dmascope/event.h
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -target $(BPF_TARGET) -mcpu=v2 -g -O2 -Wall -Wextra -Iinclude \
		-I/usr/include/$(TRIPLE) -c $< -o $@

bench: $(OUT)/dmascope $(OUT)/tests/bench_trace $(BENCH_BINS)
	$(Q)tests/bench/bench.py --build $(OUT) --write doc/performance.md $(BENCH)
	$(Q)tools/overhead
.PHONY: bench
