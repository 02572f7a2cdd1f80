/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Arrays that grow: room for one more element, by doubling. Nothing else.
 */
#ifndef DMASCOPE_GROW_H
#define DMASCOPE_GROW_H

#include <errno.h>
#include <stdlib.h>

/*
 * Room for element n of `array`, which has room for `cap`. 0 or -ENOMEM, then nothing changed. New
 * elements are not cleared.
 */
#define GROW(array, cap, n)							\
	({									\
		int grow_err = 0;						\
										\
		if ((n) >= (cap)) {						\
			size_t grow_want = (cap) ? 2 * (size_t)(cap) : 16;	\
			void *grow_p = realloc(array, grow_want * sizeof(*(array))); \
										\
			if (grow_p) {						\
				(array) = grow_p;				\
				(cap) = grow_want;				\
			} else {						\
				grow_err = -ENOMEM;				\
			}							\
		}								\
		grow_err;							\
	})

#endif /* DMASCOPE_GROW_H */
