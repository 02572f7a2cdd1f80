// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table of idmap.h: linear probing, at most two thirds full, deletion by shifting back.
 */
#include <errno.h>
#include <stdlib.h>

#include "state/idmap.h"

#define IDMAP_MIN	64

static size_t find(const struct idmap *t, uint64_t key)
{
	size_t i = idmap_hash(key) & (t->size - 1);

	while (t->cell[i].id != IDMAP_NONE && t->cell[i].key != key)
		i = (i + 1) & (t->size - 1);
	return i;
}

uint32_t idmap_get(const struct idmap *t, uint64_t key)
{
	return t->size ? t->cell[find(t, key)].id : IDMAP_NONE;
}

static int grow(struct idmap *t)
{
	struct idmap old = *t;
	size_t i, size = old.size ? old.size * 2 : IDMAP_MIN;
	struct idmap_cell *cell = malloc(size * sizeof(*cell));

	if (!cell)
		return -ENOMEM;
	for (i = 0; i < size; i++)
		cell[i].id = IDMAP_NONE;
	t->cell = cell;
	t->size = size;
	for (i = 0; i < old.size; i++)
		if (old.cell[i].id != IDMAP_NONE)
			t->cell[find(t, old.cell[i].key)] = old.cell[i];
	free(old.cell);
	return 0;
}

int idmap_set(struct idmap *t, uint64_t key, uint32_t id)
{
	size_t i;
	int err;

	if (t->n * 3 >= t->size * 2) {
		err = grow(t);
		if (err)
			return err;
	}
	i = find(t, key);
	if (t->cell[i].id == IDMAP_NONE)
		t->n++;
	t->cell[i].key = key;
	t->cell[i].id = id;
	return 0;
}

void idmap_del(struct idmap *t, uint64_t key)
{
	size_t hole, i, home;

	if (!t->size)
		return;
	hole = find(t, key);
	if (t->cell[hole].id == IDMAP_NONE)
		return;
	t->n--;
	for (i = (hole + 1) & (t->size - 1); t->cell[i].id != IDMAP_NONE;
	     i = (i + 1) & (t->size - 1)) {
		home = idmap_hash(t->cell[i].key) & (t->size - 1);
		/* May the entry move to the hole, or is its home between the hole and it? */
		if (((i - home) & (t->size - 1)) < ((i - hole) & (t->size - 1)))
			continue;
		t->cell[hole] = t->cell[i];
		hole = i;
	}
	t->cell[hole].id = IDMAP_NONE;
}

void idmap_free(struct idmap *t)
{
	free(t->cell);
	t->cell = NULL;
	t->size = t->n = 0;
}
