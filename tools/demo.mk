# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# `make demo`: a secure guest with live I/O; GUEST names another guest of the lab.

GUEST ?= pef

demo:
	@tools/demo "$(GUEST)"

print-host-arch:
	@echo $(HOST_ARCH)

.PHONY: demo print-host-arch
