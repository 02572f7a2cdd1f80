# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Programs that only tests in guests run. They need the live rooms, but no verb.

GUEST_OBJS = $(filter $(OUT)/obj/probe/% $(OUT)/obj/source/%,$(LIVE_OBJS))

$(OUT)/tests/look: tests/guest/look.c $(GUEST_OBJS) $(OUT)/libcore.a
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(GUEST_OBJS) $(OUT)/libcore.a $(LDLIBS)

-include $(OUT)/tests/look.d
