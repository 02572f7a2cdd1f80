# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# With the real programs of others: Chromium, Prometheus, node_exporter, Alertmanager, systemd; and two
# guests of the lab. Part of no other check: the packages are half a GiB, and it takes some minutes.

check-fleet: check-tools all cross-static
	$(Q)tools/install-deps test fleet
	$(Q)tests/run $(wildcard tests/fleet/test_*)

# The page's pictures in doc/images, from the examples.
page-pictures: all
	$(Q)tools/install-deps fleet
	$(Q)tests/fleet/test_browser --pictures doc/images

.PHONY: check-fleet page-pictures
