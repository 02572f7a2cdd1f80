// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * lab-settle: waits until the guest's devices rest, so that what is looked at before or after has a
 * sharp border: no disk has a request in flight, and none has raised an interrupt over some looks.
 * Exits with 1 if that has not come after 10 seconds. Knows nothing of the lab outside the guest.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOKS 10		/* alike, one after the other */
#define LOOK_US 20000
#define MOST_LOOKS (10 * 1000000 / LOOK_US)

/* No interrupt of a processor or console. s390 lists those of devices by kind, not by number. */
static bool is_device(const char *line)
{
	static const char *const others[] = { "timer", "IPI", "ttyS", "hvc", "pl011", "uart", "rtc", };
	bool number = strspn(line, " 0123456789") == (size_t)(strchr(line, ':') - line);

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strstr(line, others[i]))
			return false;
	return number || strstr(line, "[I/O]");
}

static uint64_t interrupts(void)
{
	FILE *f = fopen("/proc/interrupts", "r");
	uint64_t sum = 0, n;
	char line[4096], *at, *end;

	while (f && fgets(line, sizeof(line), f)) {
		at = strchr(line, ':');
		if (!at || !is_device(line))
			continue;
		for (at++; n = strtoull(at, &end, 10), end != at; at = end)
			sum += n;
	}
	if (f)
		fclose(f);
	return sum;
}

/* Documentation/admin-guide/iostats.rst: field 9, after major, minor and name */
static uint64_t in_flight(void)
{
	FILE *f = fopen("/proc/diskstats", "r");
	uint64_t sum = 0, n;
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*u %*u %*s %*u %*u %*u %*u %*u %*u %*u %*u %" SCNu64, &n) == 1)
			sum += n;
	if (f)
		fclose(f);
	return sum;
}

int main(void)
{
	uint64_t before = interrupts(), now;
	int alike = 0;

	for (int i = 0; i < MOST_LOOKS; i++) {
		usleep(LOOK_US);
		now = interrupts();
		alike = now == before && !in_flight() ? alike + 1 : 0;
		before = now;
		if (alike == LOOKS)
			return 0;
	}
	fprintf(stderr, "lab-settle: the devices do not come to rest\n");
	return 1;
}
