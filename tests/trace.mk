# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Tests of the trace that are more than a unit test: fuzzing, the schema.

# Objects of the live code that need no kernel: the unit tests link it with the core.
CORE_ALSO := $(addprefix $(OUT)/obj/core/,source/devtable.o source/live_index.o source/replay.o \
	source/spool.o source/stream.o probe/cells.o probe/rings.o)
$(CORE_ALSO): $(OUT)/obj/core/%.o: src/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@
$(OUT)/libcore.a: $(CORE_ALSO)
-include $(CORE_ALSO:.o=.d)

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
FUZZ ?= reader
FUZZ_OUT := build/fuzz
FUZZ_SAN := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=undefined
FUZZ_FLAGS := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Iinclude -Isrc
fuzz_srcs_reader := $(addprefix src/trace/,reader.c ahead.c batch.c shape.c parse.c encode.c device.c \
	json.c out.c) $(wildcard src/trace/decode*.c) src/util/names.c src/util/turns.c
fuzz_srcs_convert := $(filter-out src/util/%,$(fuzz_srcs_reader)) $(filter-out src/export/http.c,\
	$(wildcard src/state/*.c src/rules/*.c src/words/*.c src/util/*.c src/export/*.c))
FUZZ_HDRS := $(wildcard src/trace/*.h src/state/*.h src/rules/*.h src/record/*.h include/dmascope/*.h)

$(FUZZ_OUT)/obj/%.o: %.c $(FUZZ_HDRS)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FUZZ_FLAGS) $(FUZZ_SAN) -fsanitize=address,undefined -c $< -o $@

define fuzz_rules
$(FUZZ_OUT)/replay_$(1): $(patsubst %.c,$(FUZZ_OUT)/obj/%.o,tests/fuzz/fuzz_$(1).c \
		tests/fuzz/replay_main.c $(fuzz_srcs_$(1)))
	$$(call say,LD,$$@)
	$$(Q)$$(CC) -fsanitize=address,undefined -o $$@ $$^ -lz -lm

$(FUZZ_OUT)/fuzz_$(1): tests/fuzz/fuzz_$(1).c $(fuzz_srcs_$(1)) $(FUZZ_HDRS)
	$$(call say,CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(FUZZ_CLANG) $$(FUZZ_FLAGS) $$(FUZZ_SAN) -fsanitize=fuzzer,address,undefined -o $$@ \
		$$(filter %.c,$$^) -lz -lm
endef
$(eval $(call fuzz_rules,reader))
$(eval $(call fuzz_rules,convert))

check-fuzz-corpus: $(FUZZ_OUT)/replay_reader $(FUZZ_OUT)/replay_convert
	$(Q)$(FUZZ_OUT)/replay_reader tests/fuzz/corpus/*
	$(Q)$(FUZZ_OUT)/replay_convert tests/fuzz/corpus/*

# FUZZ=reader or FUZZ=convert. New finds go to build/fuzz/corpus; `-merge=1` moves what is worth
# keeping to tests/fuzz/corpus.
fuzz: $(FUZZ_OUT)/fuzz_$(FUZZ)
	@mkdir -p $(FUZZ_OUT)/corpus
	$(Q)cd $(FUZZ_OUT) && nice ./fuzz_$(FUZZ) -max_total_time=$(FUZZ_TIME) -timeout=10 \
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

# Made before the tests, some of which use it side by side.
ifneq ($(SAN),1)
unit-bins: $(OUT)/tests/trace_scenario $(OUT)/tests/trace_seeds
endif

check-trace-convert: $(OUT)/dmascope $(OUT)/tests/trace_scenario
	$(Q)$(OUT)/tests/trace_scenario $(OUT)/tests/scenario.json.gz 3000
	$(Q)tests/trace/validate $(OUT)/tests/scenario.json.gz
	$(Q)tests/trace/check-convert $(OUT)/dmascope $(OUT)/tests/scenario.json.gz \
		$(wildcard examples/*.json.gz)

check-trace: check-fuzz-corpus check-trace-schema check-trace-convert
.PHONY: check-trace-schema check-trace-convert check-trace
