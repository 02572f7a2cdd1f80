/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The tables of words by family, for src/words alone.
 */
#ifndef DMASCOPE_WORDS_TABLES_H
#define DMASCOPE_WORDS_TABLES_H

#include "words/words.h"

extern const struct finding_words words_pool[], words_path[], words_driver[], words_ledger[],
	words_fault[];
extern const size_t words_pool_count, words_path_count, words_driver_count, words_ledger_count,
	words_fault_count;

#endif /* DMASCOPE_WORDS_TABLES_H */
