// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reading what the programs deliver: rings, counters, aggregates, and what was attached.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/harm.h"
#include "probe/inside.h"
#include "util/names.h"

int probe__wait(struct probe *p, int timeout_ms)
{
	return rings__wait(p->rings, timeout_ms);
}

int probe__drain(struct probe *p, probe_record_fn fn, void *ctx, bool *held)
{
	return rings__read(p->rings, fn, ctx, held);
}

bool probe__pressed(const struct probe *p)
{
	return rings__pressed(p->rings);
}

int probe__fd(const struct probe *p)
{
	return rings__fd(p->rings);
}

int probe__allow(struct probe *p, uint64_t dev)
{
	uint8_t one = 1;

	return bpf_map_update_elem(p->bpf->dev_filter->fd, &dev, &one, BPF_ANY) ? -errno : 0;
}

/* Through the values of a hash whose keys are 64-bit numbers. */
struct walk {
	int fd;
	uint32_t left;		/* of a key that is gone, the next one is the first: not for ever */
	uint64_t key;
	bool begun;
};

static struct walk walk_of(const struct object_map *map)
{
	return (struct walk){ .fd = map->fd, .left = map->entries };
}

/* 1: the next one is in *value. 0: the end. -errno. */
static int walk_next(struct walk *w, void *value)
{
	uint64_t next;

	while (w->left) {
		if (bpf_map_get_next_key(w->fd, w->begun ? &w->key : NULL, &next))
			return errno == ENOENT ? 0 : -errno;
		w->key = next;
		w->begun = true;
		w->left--;
		if (!bpf_map_lookup_elem(w->fd, &next, value))
			return 1;
	}
	return 0;
}

static int count_pending(const struct probe *p, uint64_t pending[DMS_HOOK_MAX])
{
	struct { uint64_t arg[6]; uint32_t hook, pad; } val;
	const struct dms_running *call = p->bpf->call;
	struct walk w = walk_of(p->bpf->inflight);
	int ret;

	for (unsigned int i = 0; i < DMS_RUNNING; i++)
		if (call[i].key && call[i].hook < DMS_HOOK_MAX)
			pending[call[i].hook]++;
	while ((ret = walk_next(&w, &val)) > 0)
		if (val.hook < DMS_HOOK_MAX)
			pending[val.hook]++;
	return ret;
}

int probe__domains(const struct probe *p, probe_domain_fn fn, void *ctx)
{
	struct walk w = walk_of(p->bpf->domains);
	struct dms_domain_use use;
	int err = 0;

	while (!err && walk_next(&w, &use) > 0)
		err = fn(ctx, &use);
	return err;
}

int probe__counts(const struct probe *p, struct dms_counts counts[DMS_HOOK_MAX],
		  uint64_t pending[DMS_HOOK_MAX])
{
	memset(pending, 0, sizeof(*pending) * DMS_HOOK_MAX);
	cells__counts(p, counts);
	misses__add(p, counts);
	return count_pending(p, pending);
}

static void hook_record(const struct probe *p, const struct choice *c, struct rec_hook *h)
{
	memset(h, 0, sizeof(*h));
	h->id = c->row->id;
	snprintf(h->name, sizeof(h->name), "%s", dms_hook_name(c->row->id));
	if (c->risked && c->cand)
		snprintf(h->reason, sizeof(h->reason), "a kprobe that can crash this kernel "
			 "(preemptible, ppc64le): --force-kprobes");
	if (c->cand) {
		h->attach = c->attach;
		snprintf(h->symbol, sizeof(h->symbol), "%s", c->symbol);
		if (c->cand->without) {
			snprintf(h->reason, sizeof(h->reason), "%s", c->reason);
			snprintf(h->lost, sizeof(h->lost), "%s", c->cand->without);
		}
		unseen__of(&p->env, c, h->unseen, sizeof(h->unseen));
	} else {
		snprintf(h->reason, sizeof(h->reason), "%s", c->reason);
		if (!c->left_out)
			snprintf(h->lost, sizeof(h->lost), "%s", c->row->lost);
	}
}

int probe__hooks(const struct probe *p, dms_sink_fn sink, void *ctx)
{
	struct dms_rec rec = { .type = REC_HOOK };
	int err = 0;

	for (unsigned int i = 0; i < p->nchoices && !err; i++) {
		const struct choice *c = &p->choices[i];

		if (!c->cand && c->row->secure_only && !p->opts.secure)
			continue;	/* nobody misses it here */
		hook_record(p, &p->choices[i], &rec.hook);
		err = sink(ctx, &rec);
	}
	return err;
}

bool probe__kprobe_warning(const struct probe *p, char *text, size_t len)
{
	return harm_warning(p->choices, p->nchoices, text, len);
}

unsigned int probe__degraded(const struct probe *p)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < p->nchoices; i++) {
		const struct choice *c = &p->choices[i];

		n += !c->cand && !c->left_out && c->row->class == CLASS_CORE &&
		     (!c->row->secure_only || p->opts.secure);
	}
	return n;
}

/*
 * Bytes of the kernel, as array_map_mem_usage() and htab_map_mem_usage() count them (kernel/bpf,
 * 6.4; before, the kernel only estimates). An array that can be mapped begins on a page of its own.
 */
static uint64_t map_computed(const struct object_map *map)
{
	uint64_t cpus = (uint64_t)libbpf_num_possible_cpus();
	uint64_t value = (map->value_size + 7) & ~7ULL;
	uint64_t key = (map->key_size + 7) & ~7ULL;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t entries = map->entries;

	switch (map->type) {
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return (sizeof(void *) + value * cpus) * entries;
	case BPF_MAP_TYPE_PERCPU_HASH:
		return (48 + key + 8 + value * cpus) * entries;
	case BPF_MAP_TYPE_HASH:		/* an element is 48 bytes and a bucket 16 per entry */
		return (48 + 16 + key + value) * entries;
	default:
		if (map->flags & BPF_F_MMAPABLE)
			return page + (value * entries + page - 1) / page * page;
		return value * entries;
	}
}

/* The memory of a map as the kernel reports it; 0 if it does not. */
static uint64_t map_reported(int fd)
{
	unsigned long long bytes = 0;
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	fclose(f);
	return bytes;
}

void probe__memory(const struct probe *p, uint64_t *computed, uint64_t *reported)
{
	*computed = *reported = 0;
	for (unsigned int i = 0; i < p->bpf->maps; i++) {
		*computed += map_computed(&p->bpf->map[i]);
		*reported += map_reported(p->bpf->map[i].fd);
	}
	for (unsigned int i = 0; i < p->shards; i++) {
		/* its own page and two of positions: RINGBUF_NR_META_PAGES, kernel/bpf/ringbuf.c */
		*computed += p->ring_each + 3 * (uint64_t)sysconf(_SC_PAGESIZE);
		*reported += map_reported(p->ring_fd[i]);
	}
}
