# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Programs that only tests in guests run. They need the live rooms, but no verb.

GUEST_OBJS = $(filter $(OUT)/obj/probe/% $(OUT)/obj/source/%,$(LIVE_OBJS))

GUEST_TESTS := $(OUT)/tests/look $(OUT)/tests/cycles

$(GUEST_TESTS): $(OUT)/tests/%: tests/guest/inside/%.c $(GUEST_OBJS) $(OUT)/libcore.a
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(GUEST_OBJS) $(OUT)/libcore.a $(LDLIBS)

guest-tests: $(GUEST_TESTS)

# Tools that do something wrong, for the tests that have to notice: for test_identity one whose programs
# forget what became of each 16th observation, for test_grown and test_large_pool one that reads one pool
# alone, and 16 pieces of it.
altered: leaky few-s390x few-amd64
leaky:
	$(Q)$(MAKE) --no-print-directory STATIC=1 OUT=build/amd64-leaky BPF_CFLAGS=-DDMS_TEST_LEAK all
few-s390x few-amd64: CUT := -DDMS_SNAP_POOLS=1 -DSNAP_MAX_PIECES=16
few-s390x few-amd64: few-%:
	$(Q)$(MAKE) --no-print-directory ARCH=$* STATIC=1 OUT=build/$*-few BPF_CFLAGS='$(CUT)' \
		CFLAGS='$(CFLAGS) $(CUT)' all

.PHONY: guest-tests altered leaky few-s390x few-amd64
-include $(GUEST_TESTS:=.d)
