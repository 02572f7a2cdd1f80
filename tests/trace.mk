# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Tests of the trace that are more than a unit test: fuzzing, the schema.

# The recorded source needs no kernel: the unit tests link it with the core.
$(OUT)/obj/core/replay.o: src/source/replay.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@
$(OUT)/libcore.a: $(OUT)/obj/core/replay.o
