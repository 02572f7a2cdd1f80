// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The English of DMA directions, in the three lengths that columns and sentences have room for.
 */
#include "words/words.h"

const struct dir_words *words__dir(enum dms_dir dir)
{
	static const struct dir_words words[] = {
		[DMS_DIR_BIDIR] = { "both", "both", "both ways" },
		[DMS_DIR_TO_DEVICE] = { "to", "to dev", "to the device" },
		[DMS_DIR_FROM_DEVICE] = { "from", "from dev", "from the device" },
		[DMS_DIR_NONE] = { "-", "-", "" },
	};

	return &words[dir <= DMS_DIR_NONE ? dir : DMS_DIR_NONE];
}
