/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Small copies of /sys and /proc for the tests of src/guest, made in a temporary directory and
 * removed with it. Helpers only; no test lives here.
 */
#ifndef DMASCOPE_TESTS_GUEST_TREE_H
#define DMASCOPE_TESTS_GUEST_TREE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/record.h"

struct tree {
	char root[64];
};

static inline int tree_setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	if (!t)
		return -1;
	strcpy(t->root, "/tmp/dmascope-test-XXXXXX");
	if (!mkdtemp(t->root)) {
		free(t);
		return -1;
	}
	*state = t;
	return 0;
}

static inline int tree_remove_one(const char *path, const struct stat *st, int flag,
				  struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline int tree_teardown(void **state)
{
	struct tree *t = *state;

	nftw(t->root, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(t);
	return 0;
}

/* Makes the directories above the last slash of a full path. */
static inline void tree_parents(char *full)
{
	char *p;

	for (p = full + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		assert_true(!mkdir(full, 0755) || errno == EEXIST);
		*p = '/';
	}
}

static inline void tree_bytes(struct tree *t, const char *path, const void *data, size_t len)
{
	char full[1024];
	FILE *f;

	assert_true((size_t)snprintf(full, sizeof(full), "%s%s", t->root, path) < sizeof(full));
	tree_parents(full);
	f = fopen(full, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static inline void tree_file(struct tree *t, const char *path, const char *text)
{
	tree_bytes(t, path, text, strlen(text));
}

static inline void tree_dir(struct tree *t, const char *path)
{
	char full[1024];

	snprintf(full, sizeof(full), "%s%s/", t->root, path);
	tree_parents(full);
}

static inline void tree_link(struct tree *t, const char *path, const char *target)
{
	char full[1024];

	snprintf(full, sizeof(full), "%s%s", t->root, path);
	tree_parents(full);
	assert_int_equal(symlink(target, full), 0);
}

static inline uint64_t tree_inode(struct tree *t, const char *path)
{
	char full[1024];
	struct stat st;

	snprintf(full, sizeof(full), "%s%s", t->root, path);
	assert_int_equal(stat(full, &st), 0);
	return st.st_ino;
}

/* A sink that keeps what it gets. */
struct sunk {
	struct dms_rec rec[32];
	unsigned int count;
	int answer;		/* what the sink returns */
};

static inline int sink_keep(void *ctx, const struct dms_rec *rec)
{
	struct sunk *s = ctx;

	if (s->count < sizeof(s->rec) / sizeof(s->rec[0]))
		s->rec[s->count] = *rec;
	s->count++;
	return s->answer;
}

#endif /* DMASCOPE_TESTS_GUEST_TREE_H */
