# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# CO-RE without the kernels: the object and the catalogue against reduced BTFs (tests/core), and
# the matrix of kernels in the lab.

CORE_TEST_OBJS := $(addprefix $(OUT)/obj/probe/,choose.o catalogue.o harm.o kernel_btf.o needed.o proto.o unseen.o)

$(OUT)/tests/core_prototypes: tests/core/prototypes.c $(CORE_TEST_OBJS) $(OUT)/libcore.a
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(CORE_TEST_OBJS) $(OUT)/libcore.a $(LDLIBS)

$(OUT)/tests/core_fixtures: tests/core/core.c $(CORE_TEST_OBJS) $(OUT)/libcore.a
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(CORE_TEST_OBJS) $(OUT)/libcore.a $(LDLIBS)

$(OUT)/tests/core_reduced: tests/core/reduced.c $(CORE_TEST_OBJS) $(OUT)/libcore.a
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(CORE_TEST_OBJS) $(OUT)/libcore.a $(LDLIBS)

$(OUT)/tests/core_addresses: tests/core/addresses.c $(OUT)/obj/probe/addresses.o $(OUT)/libcore.a
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(OUT)/obj/probe/addresses.o $(OUT)/libcore.a $(LDLIBS)

CORE_REDUCE_OBJS := $(addprefix $(OUT)/obj/probe/,catalogue.o kernel_btf.o)

$(OUT)/tests/core_reduce: tests/core/reduce.c $(CORE_REDUCE_OBJS) $(OUT)/libcore.a
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(CORE_REDUCE_OBJS) $(OUT)/libcore.a $(LDLIBS)

CORE_TESTS := $(addprefix $(OUT)/tests/core_,fixtures prototypes reduced addresses)
-include $(CORE_TESTS:=.d)

check-core: $(CORE_TESTS) $(BPF_OUT)/dmascope.bpf.o
	$(Q)tests/core/test_core $(OUT) $(BPF_OUT)

# Boots guests for what is missing: KERNELS="pef:6.1 x86:6.12" for some of them.
core-fixtures: $(OUT)/tests/core_reduce
	$(Q)tests/core/make-fixtures $< $(KERNELS)

check-matrix: check-tools all cross
	$(Q)tests/guest/matrix -j $(TEST_JOBS) $(KERNELS)

.PHONY: check-core core-fixtures check-matrix

# Part of `make check` and `make check-unit`: no guest is needed.
ifneq ($(SAN),1)
unit-bins: $(CORE_TESTS) $(BPF_OUT)/dmascope.bpf.o
endif
CHECK_TRACE += "tests/core/test_core $(OUT) $(BPF_OUT)"
