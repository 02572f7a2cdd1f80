// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What profile.h declares: a counter for each block, read at each question. */
#include <inttypes.h>
#include <stdio.h>

#include "profile.h"

struct block {
	uint64_t key;		/* address and length: one address may begin several */
	uint64_t addr;
	size_t insns;
	qemu_plugin_u64 runs;
	uint64_t runs_before;	/* at the first question of a pair */
	uint64_t runs_between;	/* the sum over all pairs */
};

static FILE *file;
static GHashTable *blocks;	/* of struct block, by key */
static bool between;
static GMutex lock;

bool profile_start(const char *path)
{
	file = fopen(path, "w");
	if (!file) {
		perror("lab plugin: profile");
		return false;
	}
	blocks = g_hash_table_new(g_int64_hash, g_int64_equal);
	return true;
}

static struct block *block_of(struct qemu_plugin_tb *tb)
{
	uint64_t addr = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
	size_t insns = qemu_plugin_tb_n_insns(tb);
	uint64_t key = addr ^ (uint64_t)insns << 48;
	struct block *b = g_hash_table_lookup(blocks, &key);

	if (b)
		return b;
	b = g_new0(struct block, 1);
	b->key = key;
	b->addr = addr;
	b->insns = insns;
	b->runs.score = qemu_plugin_scoreboard_new(sizeof(uint64_t));
	g_hash_table_insert(blocks, &b->key, b);
	return b;
}

void profile_block(struct qemu_plugin_tb *tb)
{
	if (!file)
		return;
	g_mutex_lock(&lock);
	qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(qemu_plugin_tb_get_insn(tb, 0),
		QEMU_PLUGIN_INLINE_ADD_U64, block_of(tb)->runs, 1);
	g_mutex_unlock(&lock);
}

static void block_asked(void *key, void *value, void *unused)
{
	struct block *b = value;
	uint64_t runs = qemu_plugin_u64_sum(b->runs);

	(void)key;
	(void)unused;
	if (between)
		b->runs_between += runs - b->runs_before;
	b->runs_before = runs;
}

void profile_asked(void)
{
	if (!file)
		return;
	g_mutex_lock(&lock);
	g_hash_table_foreach(blocks, block_asked, NULL);
	between = !between;
	g_mutex_unlock(&lock);
}

static void block_reset(void *key, void *value, void *unused)
{
	struct block *b = value;

	(void)key;
	(void)unused;
	b->runs_between = 0;
}

void profile_reset(void)
{
	if (!file)
		return;
	g_mutex_lock(&lock);
	g_hash_table_foreach(blocks, block_reset, NULL);
	between = false;
	g_mutex_unlock(&lock);
}

static void block_write(void *key, void *value, void *unused)
{
	struct block *b = value;

	(void)key;
	(void)unused;
	if (b->runs_between)
		fprintf(file, "%" PRIx64 " %zu %" PRIu64 "\n", b->addr, b->insns, b->runs_between);
}

void profile_end(void)
{
	if (!file)
		return;
	g_hash_table_foreach(blocks, block_write, NULL);
	if (fflush(file) || ferror(file))
		perror("lab plugin: profile");
}
