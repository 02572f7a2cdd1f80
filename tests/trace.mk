# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Tests of the trace that are more than a unit test: fuzzing, the schema.

# The recorded source needs no kernel: the unit tests link it with the core.
$(OUT)/obj/core/replay.o: src/source/replay.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@
$(OUT)/libcore.a: $(OUT)/obj/core/replay.o

# Speed of writing and reading; part of no check, numbers depend on the machine.
$(OUT)/tests/bench_trace: tests/trace/bench.c $(OUT)/libcore.a
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(OUT)/libcore.a $(LDLIBS)
bench-trace: $(OUT)/tests/bench_trace
	$(Q)$<
.PHONY: bench-trace
