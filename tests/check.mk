# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What `make check` runs. Everything prints TAP; tests/run adds it up. CHECK_GUESTS are the guests
# that the lab has to have ready; tests that need another one set it up themselves.

CHECK_UNIT = $(UNIT_BINS)
CHECK_SAN = $(CHECK_UNIT:$(OUT)/%=$(OUT)-san/%)
CHECK_CLI := $(wildcard tests/cli/test_*)
CHECK_TRACE := "tests/fuzz/corpus-tap check-fuzz-corpus check-trace-schema check-trace-convert"
CHECK_GUESTS ?= pef pseries
CHECK_GUEST := $(foreach g,$(CHECK_GUESTS),"tests/guest/truth $g") $(wildcard tests/guest/test_*)

# As many jobs as processors, unless make was told already.
JOBS := $(if $(filter -j% --jobs%,$(MAKEFLAGS)),,-j$(shell nproc))

# Packages come first: some of what make itself needs may be missing before.
check: check-tools
	@echo "== building: the tool, its tests, the same with sanitizers, the guests' tool"
	$(Q)$(MAKE) --no-print-directory $(JOBS) check-build
	@echo "== the lab: $(CHECK_GUESTS)"
	$(Q)tools/lab/lab setup $(CHECK_GUESTS)
	@echo "== testing"
	$(Q)tests/run $(CHECK_UNIT) $(CHECK_SAN) $(CHECK_CLI) $(CHECK_TRACE) $(CHECK_GUEST)

check-unit: check-tools
	$(Q)$(MAKE) --no-print-directory $(JOBS) all unit-bins san
	$(Q)tests/run $(CHECK_UNIT) $(CHECK_SAN) $(CHECK_CLI) $(CHECK_TRACE)

# What a package's build runs: no network, no guest, no root.
check-package: all unit-bins
	$(Q)tests/run $(CHECK_UNIT)

check-guest: all cross leaky
	$(Q)tests/run $(CHECK_GUEST)

# Also the findings that take minutes to show; and what the tool said, into doc/findings.md.
check-findings: all cross
	$(Q)tests/run "tests/guest/test_findings $$(tests/guest/findings.py boots slow | xargs)"
findings-table:
	$(Q)tests/guest/findings.py table $$(tests/guest/findings.py boots slow | \
		sed 's|^|build/guest/findings-|' | xargs -n 1 ls -d 2>/dev/null)

check-build: all unit-bins cross san leaky

# An hour or so: everything attached and detached a thousand times.
check-cycles: all cross
	$(Q)tests/run "tests/guest/test_cycles 1000"

cross: cross-ppc64le cross-s390x cross-static
cross-ppc64le cross-s390x: cross-%:
	$(Q)$(MAKE) --no-print-directory ARCH=$* all guest-tests
cross-static:
	$(Q)$(MAKE) --no-print-directory STATIC=1 all guest-tests
san:
	$(Q)$(MAKE) --no-print-directory SAN=1 unit-bins

check-tools:
	$(Q)tools/install-deps

.PHONY: check check-cycles check-findings findings-table check-unit check-package check-guest check-build check-tools cross cross-ppc64le cross-s390x cross-static san
