/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of explanations, for explain.c alone.
 */
#ifndef DMASCOPE_EXPLAIN_TEXT_H
#define DMASCOPE_EXPLAIN_TEXT_H

#include "view/explain.h"

extern const struct explanation explanations[];
extern const size_t explanations_count;

#endif /* DMASCOPE_EXPLAIN_TEXT_H */
