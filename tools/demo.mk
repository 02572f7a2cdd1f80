# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# `make demo`: a secure guest with live I/O; GUEST names another guest of the lab. `make pictures`.

GUEST ?= sev

demo:
	@tools/demo "$(GUEST)"

print-host-arch:
	@echo $(HOST_ARCH)

.PHONY: demo print-host-arch

# The pictures of README, from terminals in guests that run now.
pictures: cross
	$(Q)tools/lab/lab setup pef sev
	$(Q)tools/picture pef doc/images/top-pef.svg
	$(Q)tools/picture pef doc/images/top-pef-no-pool.svg --no-default-append
	$(Q)tools/picture sev doc/images/top-sev.svg --tool build/amd64-static/dmascope
.PHONY: pictures
