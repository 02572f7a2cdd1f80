/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Messages to systemd for a service of Type=notify (sd_notify(3)'s protocol: a datagram to the
 * socket that NOTIFY_SOCKET names). Without that variable nothing is sent.
 */
#ifndef DMASCOPE_NOTIFY_H
#define DMASCOPE_NOTIFY_H

#include <stdint.h>

/* Sends assignments, one a line: "READY=1\nSTATUS=...". Failures are ignored. */
void notify_send(const char *text);

/* The interval of "WATCHDOG=1" in ns, half of systemd's timeout; 0: no watchdog. */
uint64_t notify_watchdog_ns(void);

#endif /* DMASCOPE_NOTIFY_H */
