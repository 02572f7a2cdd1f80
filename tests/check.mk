# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The tests of `make check`. Everything prints TAP; tests/run adds it up. CHECK_GUESTS are the guests
# that the lab has to have ready; tests that need another one set it up themselves.

CHECK_UNIT = $(UNIT_BINS)
CHECK_SAN = $(CHECK_UNIT:$(OUT)/%=$(OUT)-san/%)
CHECK_CLI := $(wildcard tests/cli/test_*)
CHECK_TRACE := "tests/fuzz/corpus-tap check-fuzz-corpus check-trace-schema check-trace-convert"
CHECK_GUESTS ?= pef pseries
# The longest first, so that none is left alone at the end.
CHECK_LONG := $(addprefix tests/guest/test_,findings kernels package sev)
CHECK_GUEST := $(CHECK_LONG) $(foreach g,$(CHECK_GUESTS),"tests/guest/truth $g") \
	$(filter-out $(CHECK_LONG),$(wildcard tests/guest/test_*))

# As many jobs as processors, unless make has a -j already.
JOBS := $(if $(filter -j% --jobs%,$(MAKEFLAGS)),,-j$(shell nproc))

# Tests that run at a time; those that must not say so ("runs alone", tests/run). Two more than processors:
# a test in a guest uses half of one. Each may need 3 GB.
TEST_JOBS ?= $(shell awk -v n=$$(nproc) '/^MemAvailable/ { m = int($$2 / 3e6); j = n > 2 ? 4 : n + 2; \
	print m < 1 ? 1 : m < j ? m : j }' /proc/meminfo)
RUN = tests/run -j $(TEST_JOBS)

# The same sources are compiled at several places (packages, the demo, a clone): results of compilers
# are kept with the lab's, where Debian's ccache is installed; those of llc by tests/cache.
COMPILERS := $(wildcard /usr/lib/ccache)
check check-unit check-guest: export PATH := $(if $(COMPILERS),$(CURDIR)/tests/cache:$(COMPILERS):)$(PATH)
check check-unit check-guest: export CCACHE_DIR ?= $(or $(DMASCOPE_LAB_CACHE),$(HOME)/.cache/dmascope-lab)/ccache

# Packages come first: some of what make itself needs may be missing before. The lab waits for a network
# and a disk, for the most part, while this machine's processors build. The longest tests come first.
check: check-tools check-packages
	@echo "== building: the tool, its tests, the same with sanitizers, the guests' tool; the lab: $(CHECK_GUESTS)"
	$(Q)mkdir -p build; tools/lab/lab setup $(CHECK_GUESTS) >build/lab-setup.log 2>&1 & lab=$$!; \
		$(MAKE) --no-print-directory $(JOBS) check-build || { kill $$lab; exit 1; }; \
		wait $$lab || { tail build/lab-setup.log; exit 1; }
	@echo "== testing"
	$(Q)$(RUN) $(CHECK_DISTROS) $(CHECK_UNIT) $(CHECK_SAN) $(CHECK_CLI) $(CHECK_TRACE) \
		"tests/bench/test_quick --build $(OUT)" $(CHECK_GUEST)

check-unit: check-tools
	$(Q)$(MAKE) --no-print-directory $(JOBS) all unit-bins san
	$(Q)$(RUN) $(CHECK_UNIT) $(CHECK_SAN) $(CHECK_CLI) $(CHECK_TRACE)

# Tests that need neither sanitizers nor the lab nor the network.
check-here: all unit-bins
	$(Q)$(RUN) $(CHECK_UNIT) "tests/core/test_core $(OUT) $(BPF_OUT)" $(CHECK_CLI)

# Builds and tests in clean Debians, side by side: DISTROS="trixie" for some of them.
DISTROS ?= bookworm trixie testing
CHECK_DISTROS = $(DISTROS:%="tests/distro/test_build %")
check-build-matrix:
	$(Q)$(RUN) $(CHECK_DISTROS)

# Each test three times beside a load, none repeated: BUSY_TESTS="tests/cli/test_record" for some.
BUSY_TESTS ?= $(CHECK_UNIT) $(CHECK_CLI) $(CHECK_GUEST)
check-busy: check-tools
	$(Q)tools/install-deps busy
	$(Q)$(MAKE) --no-print-directory $(JOBS) all unit-bins cross altered
	$(Q)tests/busy $(BUSY_TESTS)

# Tests of a package's build: no network, no guest, no root.
check-package: all unit-bins
	$(Q)tests/run $(CHECK_UNIT)

check-guest: check-tools all cross altered
	$(Q)$(RUN) $(CHECK_GUEST)

# Every kind of secure guest, an hour or so: both levels of lockdown; faults; kernels, processors and
# instruction counts; the lab's own tests with its proofs of separate memory. KINDS="tdx snp" for some.
KINDS ?= sev sev-es snp tdx cca pv pef
KINDS_KERNELS ?= snp:7.2:none snp:7.3:none tdx:7.2:none tdx:7.3:none sev-es::none:1 sev-es::none:4
CHECK_KINDS = $(KINDS:%="tests/guest/kinds %") $(KINDS_KERNELS:%="tests/guest/kinds %") \
	$(patsubst %,"tests/guest/test_findings %",$(filter sev snp tdx cca,$(KINDS))) \
	$(if $(filter cca,$(KINDS)),"tests/guest/test_findings cca-shrunk cca-shrunk-asked cca-advised") \
	$(patsubst %,"tools/lab/selftest %",$(filter sev-es snp tdx cca,$(KINDS)))
check-kinds: check-tools all cross
	$(Q)tools/lab/lab setup $(KINDS)
	$(Q)TEST_SECONDS=3000 $(RUN) $(CHECK_KINDS)

# Also the findings that take minutes to show; and what the tool said, into doc/findings.md.
check-findings: check-tools all cross
	$(Q)tests/run "tests/guest/test_findings $$(tests/guest/judge/findings.py boots slow | xargs)"
# The explanations in doc/findings.md, from src/words.
findings-page: all
	$(Q)tools/findings-page $(OUT)/dmascope

# Writes doc/trace.schema.json from the lists in the sources.
schema:
	$(Q)tools/schema

# Light load on many devices for two minutes, where nothing is wrong: QUIET="sev:7.2" for others.
QUIET ?= sev x86
check-quiet: check-tools all cross-static
	$(Q)tests/run "tests/guest/test_quiet 120 $(QUIET)"
findings-table:
	$(Q)tests/guest/judge/findings.py table $$(tests/guest/judge/findings.py boots slow | \
		sed 's|^|build/guest/findings-|' | xargs -n 1 ls -d 2>/dev/null)

check-build: all unit-bins bench-bins cross san altered

# Also of the kernel that a first `make demo GUEST=pef` builds.
check-demo: check-tools all cross
	$(Q)tests/run "tests/guest/test_demo 6.12-small"

# An hour or so: everything attached and detached a thousand times.
check-cycles: check-tools all cross
	$(Q)tests/run "tests/guest/test_cycles 1000"

cross: cross-ppc64le cross-s390x cross-arm64 cross-static
cross-ppc64le cross-s390x cross-arm64: cross-%:
	$(Q)$(MAKE) --no-print-directory ARCH=$* all guest-tests
# After "all", which makes the same BPF programs.
cross-static: all
	$(Q)$(MAKE) --no-print-directory STATIC=1 all guest-tests
san:
	$(Q)$(MAKE) --no-print-directory SAN=1 unit-bins

check-tools:
	$(Q)tools/install-deps build cross test lab
# Of test_package: beside other tests it would change what apt knows, which the lab asks.
check-packages:
	$(Q)tools/install-deps package

.PHONY: check check-kinds check-quiet findings-page schema check-here check-build-matrix check-busy check-cycles check-demo check-findings findings-table check-unit check-package check-guest check-build check-tools check-packages cross cross-ppc64le cross-s390x cross-arm64 cross-static san
