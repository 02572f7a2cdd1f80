# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What `make check` runs. Everything prints TAP; tests/run adds it up.

CHECK_UNIT = $(UNIT_BINS)
CHECK_CLI := $(wildcard tests/cli/test_*)
CHECK_GUEST := "tests/guest/truth pef" "tests/guest/truth pseries" \
	$(wildcard tests/guest/test_*)

check: check-tools all unit-bins cross
	$(Q)$(MAKE) --no-print-directory SAN=1 unit-bins
	$(Q)tools/lab/lab setup pef pseries
	$(Q)tests/run $(CHECK_UNIT) $(CHECK_UNIT:$(OUT)/%=$(OUT)-san/%) $(CHECK_CLI) \
		"tests/fuzz/corpus-tap" $(CHECK_GUEST)

check-unit: all unit-bins
	$(Q)tests/run $(CHECK_UNIT) $(CHECK_CLI)

check-guest: all cross
	$(Q)tests/run $(CHECK_GUEST)

cross:
	$(Q)$(MAKE) --no-print-directory ARCH=ppc64le
	$(Q)$(MAKE) --no-print-directory STATIC=1

check-tools:
	$(Q)tools/install-deps

.PHONY: check check-unit check-guest check-tools cross
