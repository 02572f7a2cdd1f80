/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The recommended size of a bounce pool, by its high-water mark. For reports and top.
 */
#ifndef DMASCOPE_REPORT_POOL_SIZE_H
#define DMASCOPE_REPORT_POOL_SIZE_H

#include "state/state.h"

enum pool_advice {
	POOL_ADVICE_NONE = 0,	/* why says what is not known */
	POOL_ADVICE_KEEP,
	POOL_ADVICE_LARGER,
	POOL_ADVICE_SMALLER,
};

#define POOL_OPTION_LEN	48

struct pool_size {
	enum pool_advice advice;
	uint64_t slots;		/* recommended, for swiotlb=; of KEEP: those it has */
	uint64_t bytes;
	unsigned int permille;	/* of RAM; 0: not known */
	bool force;		/* swiotlb= needs ",force" too */
	const char *why;
};

/*
 * Half more than the high-water mark, in whole segments. Of a pool that was full the findings say
 * more. Smaller is recommended only where the mark is the kernel's own, or ten minutes were
 * observed.
 */
struct pool_size report_pool_size(const struct state *m, const struct state_pool *p);

/* "swiotlb=2048,force"; "" for POOL_ADVICE_NONE. */
void report_pool_size_option(const struct pool_size *s, char *text, size_t len);
/* One line for it; "" for POOL_ADVICE_NONE. */
void report_pool_size_text(const struct pool_size *s, char *text, size_t len);

#endif /* DMASCOPE_REPORT_POOL_SIZE_H */
