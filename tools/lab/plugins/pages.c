// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What pages.h declares: one bit per page of RAM. */
#include <glib.h>
#include <string.h>

#include "common.h"
#include "pages.h"

static uint8_t *bits;
static uint64_t total, shared_now, shift;

void pages_init(uint64_t ram, uint64_t page_size)
{
	shift = __builtin_ctzll(page_size);
	total = ram >> shift;
	bits = g_malloc0(total / 8 + 1);
}

static bool is_shared(uint64_t page)
{
	return bits[page / 8] >> page % 8 & 1;
}

struct pages_result pages_set(uint64_t first, uint64_t count, bool shared)
{
	struct pages_result result = { 0 };
	uint64_t inside = first < total ? MIN(count, total - first) : 0;

	result.outside = count - inside;
	for (uint64_t page = first; page < first + inside; page++) {
		if (is_shared(page) == shared) {
			result.already++;
			continue;
		}
		bits[page / 8] ^= 1 << page % 8;
		result.changed++;
	}
	shared_now += shared ? result.changed : -result.changed;
	return result;
}

uint64_t pages_clear(void)
{
	uint64_t were = shared_now;

	memset(bits, 0, total / 8 + 1);
	shared_now = 0;
	return were;
}

uint64_t pages_shared(void)
{
	return shared_now;
}

bool pages_run(uint64_t *first, uint64_t *count)
{
	uint64_t page = *first;

	while (page < total && !is_shared(page))
		page++;
	*first = page;
	while (page < total && is_shared(page))
		page++;
	*count = page - *first;
	return *count;
}

void pages_log(unsigned int cpu, uint64_t first, uint64_t base)
{
	uint64_t count;

	for (; pages_run(&first, &count); first += count)
		lab_log(cpu, "shared gpa=0x%" PRIx64 " pages=%" PRIu64, base + (first << shift), count);
}

static const char *page_state(uint64_t page)
{
	if (page >= total)
		return "outside";
	return is_shared(page) ? "shared" : "private";
}

const char *pages_state(uint64_t addr, uint64_t len)
{
	uint64_t first = addr >> shift, last = (addr + len - 1) >> shift;
	const char *state = page_state(first);

	for (uint64_t page = first + 1; page <= MIN(last, total); page++)
		if (page_state(page) != state)
			return "mixed";
	return state;
}
