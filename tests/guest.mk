# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Programs that only tests in guests run. They need the live rooms, but no verb.

GUEST_OBJS = $(filter $(OUT)/obj/probe/% $(OUT)/obj/source/%,$(LIVE_OBJS))

GUEST_TESTS := $(OUT)/tests/look $(OUT)/tests/cycles

$(GUEST_TESTS): $(OUT)/tests/%: tests/guest/%.c $(GUEST_OBJS) $(OUT)/libcore.a
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(GUEST_OBJS) $(OUT)/libcore.a $(LDLIBS)

guest-tests: $(GUEST_TESTS)

# A tool whose programs forget what became of each 16th observation, for tests/guest/test_identity.
leaky:
	$(Q)$(MAKE) --no-print-directory STATIC=1 OUT=build/amd64-leaky BPF_CFLAGS=-DDMS_TEST_LEAK all

.PHONY: guest-tests leaky
-include $(GUEST_TESTS:=.d)
