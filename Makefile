# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Builds dmascope: the BPF programs, the tool, the tests. What is slow (guests, kernels) belongs
# to tools/lab; what is installed and packaged is at the end.
#
#   make                      build/<machine's arch>/dmascope
#   make ARCH=ppc64le         build/ppc64le/dmascope, static, cross-built; ARCH=s390x and arm64 likewise
#   make STATIC=1             build/<arch>-static/dmascope
#   make SAN=1                build/<arch>-san/dmascope with ASan and UBSan
#   make check                all tests; make check-unit only those that need no guest
#   make demo                 a secure guest with live I/O, and what dmascope says of it
#   V=1 shows the commands.

HOST_ARCH := $(patsubst x86_64,amd64,$(patsubst aarch64,arm64,$(shell uname -m)))
ARCH ?= $(HOST_ARCH)
STATIC ?= $(if $(filter $(HOST_ARCH),$(ARCH)),0,1)
SAN ?= 0
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = @printf '  %-8s %s\n' '$(1)' '$(2)'

CLANG ?= clang
LLVM_LINK ?= llvm-link
LLC ?= llc
LLVM_OBJCOPY ?= llvm-objcopy

bpf_arch_amd64 := x86
bpf_arch_arm64 := arm64
bpf_arch_ppc64le := powerpc
bpf_arch_s390x := s390
triple_amd64 := x86_64-linux-gnu
triple_arm64 := aarch64-linux-gnu
triple_ppc64le := powerpc64le-linux-gnu
triple_s390x := s390x-linux-gnu
BPF_ARCH := $(bpf_arch_$(ARCH))
TRIPLE := $(triple_$(ARCH))
BPF_TARGET := $(if $(filter s390x,$(ARCH)),bpfeb,bpfel)
ifeq ($(BPF_ARCH),)
$(error ARCH=$(ARCH) is not supported: use amd64, arm64, ppc64le or s390x)
endif

OUT := build/$(ARCH)$(if $(filter 1,$(SAN)),-san)$(if $(filter $(HOST_ARCH)1,$(ARCH)$(STATIC)),-static)

VERSION := $(shell cat VERSION)
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Werror -Wno-unknown-warning-option -Wno-format-truncation
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DDMASCOPE_VERSION='"$(VERSION)"' $(WARN) $(CFLAGS) \
	-Iinclude -Isrc -I$(OUT) -ffile-prefix-map=$(CURDIR)=. -MMD -MP
LIBS := libbpf libelf zlib ncursesw
PKG_CONFIG ?= pkg-config
# Debian 13's libelf.a lacks functions that it calls (eu_search_tree_fini): then a static program is linked
# with the libraries of tools/sysroot, as for another architecture.
ifeq ($(ARCH)$(STATIC),$(HOST_ARCH)1)
LINKS_HERE := $(shell t=$$(mktemp) && echo 'int elf_end(void *); int main(void) { return elf_end(0); }' | \
	$(CC) -static -x c -o $$t - $$($(PKG_CONFIG) --static --libs libelf) 2>/dev/null && echo 1; rm -f $$t)
else
LINKS_HERE := $(if $(filter $(HOST_ARCH),$(ARCH)),1)
endif
ifeq ($(LINKS_HERE),1)
ALL_CFLAGS += $(filter-out -D_GNU_SOURCE -D_DEFAULT_SOURCE -D_XOPEN_SOURCE=600,$(shell $(PKG_CONFIG) --cflags $(LIBS)))
LDLIBS := $(shell $(PKG_CONFIG) $(if $(filter 1,$(STATIC)),--static) --libs $(LIBS))
# Optional: the HTTP server of `metrics --listen`; its library is loaded when it is asked for. Static builds
# have none: Debian's static libmicrohttpd needs GnuTLS, whose p11-kit has no static library. HTTP=0 builds without.
HTTP ?= $(if $(filter 1,$(STATIC)),0,$(shell $(PKG_CONFIG) --exists libmicrohttpd && echo 1))
ifeq ($(HTTP),1)
ALL_CFLAGS += -DHAVE_MICROHTTPD $(shell $(PKG_CONFIG) --cflags libmicrohttpd)
endif
else
CROSS_COMPILE ?= $(TRIPLE)-
CC := $(CROSS_COMPILE)gcc
SYSROOT = $(or $(DMASCOPE_SYSROOT),$(find_sysroot)$(DMASCOPE_SYSROOT))
find_sysroot = $(if $(shell command -v $(firstword $(CC))),,$(error there is no $(CC): run tools/install-deps \
	cross))$(eval DMASCOPE_SYSROOT := $$(shell tools/sysroot $(ARCH)))$(if \
	$(DMASCOPE_SYSROOT),,$(error no libraries of $(ARCH) to link with: see what tools/sysroot $(ARCH) says))
ALL_CFLAGS += -isystem $(SYSROOT)/usr/include -isystem $(SYSROOT)/usr/include/$(TRIPLE)
LDLIBS = -L$(SYSROOT)/usr/lib/$(TRIPLE) -lbpf -lelf -lz -lncursesw -ltinfo
endif
ALL_LDFLAGS = $(LDFLAGS) $(if $(filter 1,$(STATIC)),-static) \
	$(if $(filter 1,$(SAN)),-fsanitize=address$(comma)undefined)
comma := ,
ifeq ($(SAN),1)
ALL_CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif

# Rooms that need no kernel, terminal or BPF: everything the unit tests link.
TOP_LIVE := $(addprefix src/top/,live.c replay.c run.c)
CORE_SRCS := $(wildcard src/util/*.c src/state/*.c src/rules/*.c src/words/*.c src/trace/*.c \
	src/export/*.c src/guest/*.c src/report/*.c) $(filter-out $(TOP_LIVE),$(wildcard src/top/*.c))
LIVE_SRCS := $(wildcard src/probe/*.c src/source/*.c src/cmd/*.c) $(TOP_LIVE)
CORE_OBJS := $(CORE_SRCS:src/%.c=$(OUT)/obj/%.o)
LIVE_OBJS := $(LIVE_SRCS:src/%.c=$(OUT)/obj/%.o)
BPF_SRCS := $(wildcard bpf/*.bpf.c)
# These are built a second time, as fentry and fexit programs.
BPF_FENTRY := dma_map dma_sg domain fault iova swiotlb share decide snapshot tce eeh
# The programs are the same for every build of an architecture (static, sanitizers, another compiler of C):
# they are made once, but for those with flags of their own.
BPF_OUT := $(if $(BPF_CFLAGS),$(OUT),build/bpf-$(ARCH))
BPF_PARTS := $(BPF_SRCS:bpf/%.bpf.c=$(BPF_OUT)/bpf/%.bc) $(BPF_FENTRY:%=$(BPF_OUT)/bpf/%.fentry.bc)
# The same programs once more, for kernels that have no BTF of their own (--btf FILE), or no JIT.
BPF_PARTS_NOKFUNC := $(BPF_PARTS:%/dma_tp.bc=%/dma_tp.nokfunc.bc)
BPF_OBJS := $(BPF_OUT)/dmascope.bpf.o $(BPF_OUT)/dmascope_nokfunc.bpf.o

all: $(OUT)/dmascope

BPF_DEPS := vmlinux.h $(wildcard bpf/lib/*.h include/dmascope/*.h)
BPF_CC = $(CLANG) -target $(BPF_TARGET) -mcpu=v2 -D__TARGET_ARCH_$(BPF_ARCH) -g -O2 \
	-Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-declarations \
	-I. -Iinclude -Ibpf $(BPF_CFLAGS) -fdebug-prefix-map=$(CURDIR)=.

$(BPF_OUT)/bpf/%.fentry.bc: BPF_VARIANT := -DDMS_FENTRY
$(BPF_OUT)/bpf/%.nokfunc.bc: BPF_VARIANT := -DDMS_NO_KFUNC

define bpf_compile
$(call say,BPF,$@)
@mkdir -p $(@D)
$(Q)$(BPF_CC) $(BPF_VARIANT) -emit-llvm -c $< -o $@
endef
$(BPF_OUT)/bpf/%.bc: bpf/%.bpf.c $(BPF_DEPS)
	$(bpf_compile)
$(BPF_OUT)/bpf/%.fentry.bc: bpf/%.bpf.c $(BPF_DEPS)
	$(bpf_compile)
$(BPF_OUT)/bpf/%.nokfunc.bc: bpf/%.bpf.c $(BPF_DEPS)
	$(bpf_compile)

# Linked as bitcode: libbpf's linker refuses objects of the other byte order until 1.6. bpf_core_type_id_*()
# of two modules would be mixed up: clang numbers them within a module.
$(BPF_OUT)/dmascope.bc: $(BPF_PARTS)
$(BPF_OUT)/dmascope_nokfunc.bc: $(BPF_PARTS_NOKFUNC)
$(BPF_OUT)/dmascope.bc $(BPF_OUT)/dmascope_nokfunc.bc:
	$(call say,LINK,$@)
	@test $$(grep -l 'llvm[.]btf_type_id' $^ | wc -l) -le 1 || \
		{ echo 'error: bpf_core_type_id_*() is used in two modules' >&2; exit 1; }
	$(Q)$(LLVM_LINK) $^ -o $@

# Debug sections, relocations of BTF and labels are of no use to libbpf, and three quarters of it.
$(BPF_OUT)/%.bpf.o: $(BPF_OUT)/%.bc
	$(call say,LLC,$@)
	$(Q)$(LLC) -march=$(BPF_TARGET) -mcpu=v2 -filetype=obj $< -o $@
	$(Q)$(LLVM_OBJCOPY) --strip-debug --remove-section=.rel.BTF --remove-section=.rel.BTF.ext $@
	$(Q)$(LLVM_OBJCOPY) --wildcard --strip-symbol='LBB*' $@

$(OUT)/obj/%.o: src/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

$(OUT)/obj/report/html.o: $(wildcard src/report/page/*)

# The versions in doc/matrix.md whose rows passed, in order.
$(OUT)/tested_kernels.h: doc/matrix.md
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)printf '#define TESTED_KERNELS "%s"\n' "$$(awk -F'|' '/^\| [a-z0-9-]+ \| [0-9]/ && \
		/ 0 failed / { split($$3, v, /[. -]+/); print v[2] "." v[3] }' $< | sort -Vu | xargs)" >$@
$(OUT)/obj/guest/tested.o: $(OUT)/tested_kernels.h
$(OUT)/obj/probe/object.o: $(BPF_OBJS)
$(OUT)/obj/probe/object.o: ALL_CFLAGS += -DBPF_OBJECTS='"$(BPF_OUT)"'

$(OUT)/libcore.a: $(CORE_OBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

$(OUT)/dmascope: $(LIVE_OBJS) $(OUT)/libcore.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(LIVE_OBJS) $(OUT)/libcore.a $(LDLIBS)

# Unit tests: one program per tests/unit/test_*.c, each with cmocka and the core. A test is compiled more often
# than it runs: with little optimization, and apart from linking, so that ccache can keep it.
UNIT_SRCS := $(wildcard tests/unit/test_*.c)
UNIT_OBJS := $(UNIT_SRCS:tests/unit/%.c=$(OUT)/obj/unit/%.o)
UNIT_BINS := $(UNIT_SRCS:tests/unit/%.c=$(OUT)/tests/%)
$(UNIT_OBJS): $(OUT)/obj/unit/%.o: tests/unit/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -O1 -Itests/unit -c $< -o $@

$(UNIT_BINS): $(OUT)/tests/%: $(OUT)/obj/unit/%.o $(OUT)/libcore.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(OUT)/libcore.a -lcmocka -ljansson $(LDLIBS)

unit-bins: $(UNIT_BINS)

include $(wildcard tests/*.mk tools/*.mk)
-include $(CORE_OBJS:.o=.d) $(LIVE_OBJS:.o=.d) $(UNIT_OBJS:.o=.d)

clean:
	rm -rf build

.PHONY: all unit-bins clean
.DELETE_ON_ERROR:
.SECONDARY:
