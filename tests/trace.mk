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

# The corpus runs through the sanitizers in every check; `make fuzz FUZZ_TIME=3600` looks for more.
FUZZ_CLANG ?= clang-14
FUZZ_TIME ?= 60
FUZZ_OUT := build/fuzz
FUZZ_SAN := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=undefined
FUZZ_SRCS := tests/fuzz/fuzz_reader.c $(addprefix src/trace/,reader.c decode.c parse.c encode.c json.c \
	out.c) src/util/names.c
FUZZ_FLAGS := -std=c11 -D_GNU_SOURCE $(WARN) -Iinclude -Isrc

$(FUZZ_OUT)/replay_reader: tests/fuzz/replay_main.c $(FUZZ_SRCS) $(wildcard src/trace/*.h)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FUZZ_FLAGS) $(FUZZ_SAN) -fsanitize=address,undefined -o $@ $(filter %.c,$^) -lz

check-fuzz-corpus: $(FUZZ_OUT)/replay_reader
	$(Q)$< tests/fuzz/corpus/*

$(FUZZ_OUT)/fuzz_reader: $(FUZZ_SRCS) $(wildcard src/trace/*.h)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CLANG) $(FUZZ_FLAGS) $(FUZZ_SAN) -fsanitize=fuzzer,address,undefined -o $@ \
		$(filter %.c,$^) -lz

# New finds go to build/fuzz/corpus; `-merge=1` moves what is worth keeping to tests/fuzz/corpus.
fuzz: $(FUZZ_OUT)/fuzz_reader
	@mkdir -p $(FUZZ_OUT)/corpus
	$(Q)cd $(FUZZ_OUT) && nice ./fuzz_reader -max_total_time=$(FUZZ_TIME) -timeout=10 \
		-rss_limit_mb=1024 -max_len=65536 -dict=$(CURDIR)/tests/fuzz/trace.dict \
		corpus $(CURDIR)/tests/fuzz/corpus
.PHONY: check-fuzz-corpus fuzz

$(OUT)/tests/trace_seeds: tests/trace/seeds.c tests/unit/trace_random.h $(OUT)/libcore.a
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(OUT)/libcore.a $(LDLIBS)

check-trace-schema: $(OUT)/tests/trace_seeds
	$(Q)tests/trace/check-schema $<

$(OUT)/tests/trace_scenario: tests/trace/scenario.c $(OUT)/libcore.a
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(OUT)/libcore.a $(LDLIBS)

# Conversions are read by parsers of others; the one for Perfetto's format comes from npm.
build/npm:
	$(Q)mkdir -p $@.tmp && cd $@.tmp && npm init -y >/dev/null && \
		npm install --silent --ignore-scripts @paulirish/trace_engine@0.0.65
	$(Q)mv $@.tmp $@

check-trace-convert: $(OUT)/dmascope $(OUT)/tests/trace_scenario
	$(Q)$(OUT)/tests/trace_scenario $(OUT)/tests/scenario.json.gz 3000
	$(Q)tests/trace/validate $(OUT)/tests/scenario.json.gz
	$(Q)tests/trace/check-convert $(OUT)/dmascope $(OUT)/tests/scenario.json.gz \
		$(wildcard examples/*.json.gz)

check-trace: check-fuzz-corpus check-trace-schema check-trace-convert
.PHONY: check-trace-schema check-trace-convert check-trace
