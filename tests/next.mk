# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The kernel that comes next: `make check-next` (tests/next/check). Part of no check: what it says
# depends on what Debian has on that day. NEXT="amd64" for some of the architectures.

$(OUT)/tests/next_hooked: tests/next/hooked.c $(OUT)/obj/probe/catalogue.o $(OUT)/libcore.a
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(OUT)/obj/probe/catalogue.o $(OUT)/libcore.a $(LDLIBS)

check-next: check-tools all cross $(OUT)/tests/next_hooked
	$(Q)tests/run "tests/next/check $(OUT) $(NEXT)"
.PHONY: check-next

# Part of `make check` and `make check-unit`: no guest is needed.
ifneq ($(SAN),1)
unit-bins: $(OUT)/tests/next_hooked
endif
CHECK_TRACE += "tests/next/test_btf $(OUT) $(BPF_OUT)"
