// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Loading and attaching the chosen candidates. The kernel has the last word: a program that it
 * refuses to load or attach is struck out and the next candidate tried, until all that are left
 * work. Reading what they deliver is in read.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "guest/caps.h"
#include "guest/lockdown.h"
#include "probe/harm.h"
#include "probe/inside.h"
#include "probe/trial.h"
#include "util/names.h"

/* libbpf reports why a program was refused only through its log; the last lines are kept. */
static struct {
	char prog[64];
	char line[DMS_TEXT_LEN];
	bool verbose;
} load_log;

static void log_keep_line(const char *text)
{
	const char *p = text;

	/* the verifier's complaint is the last line that is not statistics */
	while (*p) {
		size_t n = strcspn(p, "\n");

		if (n > 3 && strncmp(p, "processed ", 10) && strncmp(p, "-- ", 3) &&
		    strncmp(p, "libbpf", 6))
			snprintf(load_log.line, sizeof(load_log.line), "%.*s", (int)n, p);
		p += n + (p[n] == '\n');
	}
}

static void on_message(enum libbpf_print_level level, const char *text)
{
	const char *name;

	if (load_log.verbose)
		fputs(text, stderr);
	if (level == LIBBPF_DEBUG)
		return;
	name = strstr(text, "prog '");
	if (name && strstr(text, "load failed"))
		sscanf(name, "prog '%63[^']'", load_log.prog);
	if (strstr(text, "BEGIN PROG LOAD LOG"))
		log_keep_line(text);
}

static int on_libbpf_message(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char part[256], *buf = NULL;
	va_list copy;

	if (level == LIBBPF_DEBUG && !load_log.verbose)
		return 0;
	va_copy(copy, args);
	/* the verifier's log may have a megabyte, and its complaint is the last line */
	if (vasprintf(&buf, fmt, copy) < 0) {
		buf = NULL;
		vsnprintf(part, sizeof(part), fmt, args);
	}
	va_end(copy);
	on_message(level, buf ? buf : part);
	free(buf);
	return 0;
}

struct choice *probe__choice_of(struct probe *p, const char *name)
{
	for (unsigned int i = 0; i < p->nchoices; i++) {
		struct choice *c = &p->choices[i];

		if (c->cand && (!strcmp(c->prog, name) || !strcmp(c->ret, name)))
			return c;
	}
	return NULL;
}

/* Programs that are run once by BPF_PROG_TEST_RUN; the snapshot is poorer without them. */
static const char *const run_once[] = {
	"read_values", "snap_pool", "snap_table", "read_jiffies"
};
#define RUN_ONCE	(sizeof(run_once) / sizeof(run_once[0]))

static int run_once_index(const char *name)
{
	for (size_t i = 0; i < RUN_ONCE; i++)
		if (!strcmp(run_once[i], name))
			return (int)i;
	return -1;
}

static bool run_once_wanted(const struct probe *p, const char *name)
{
	int i = run_once_index(name);

	if (i < 0 || p->once_refused & 1U << i)
		return false;
	if (!strcmp(name, "read_jiffies"))
		return p->opts.flags & DMS_CFG_INDEX;
	if (p->env.no_kprobes)
		return false;
	/* only powerpc has TCE tables */
	return strcmp(name, "snap_table") || !strcmp(p->env.arch, "ppc64le");
}

static int prog_prepare(struct probe *p, struct bpf_program *prog)
{
	const char *name = bpf_program__name(prog);

	return bpf_program__set_autoload(prog, probe__choice_of(p, name) ||
					       run_once_wanted(p, name));
}

static void refuse(struct choice *c, const char *what, int err)
{
	c->refused |= choice_bit(c);
	snprintf(c->reason, sizeof(c->reason), "the kernel refuses to %s %s: %s%s%s", what,
		 c->symbol, strerror(-err), load_log.line[0] ? ": " : "", load_log.line);
	c->cand = NULL;
}

/* ---- BTF ---- */

static void read_btf(struct probe *p)
{
	const struct btf_type *t;
	int id;

	kernel_btf__read(&p->btf, p->opts.btf_path);
	p->env.btf = p->btf ? p->btf->btf : NULL;
	id = p->btf ? btf__find_by_name_kind(p->env.btf, "page", BTF_KIND_STRUCT) : -1;
	t = id > 0 ? btf__type_by_id(p->env.btf, id) : NULL;
	p->struct_page_size = t ? t->size : 0;
}

static void drop_btf(struct probe *p)
{
	kernel_btf__free(p->btf);
	p->btf = NULL;
	p->env.btf = NULL;
}

/* A module's function may be given structures of that module. */
static bool modules_needed(const struct probe *p)
{
	for (unsigned int i = 0; i < p->nchoices; i++)
		if (p->choices[i].cand && p->choices[i].in_module)
			return true;
	return false;
}

/*
 * libbpf looks for a type that the kernel's BTF lacks in those of modules, and up to 1.1 gives up
 * where it may not read them (CAP_SYS_ADMIN). It does not look there when it is given a file.
 */
static const char *btf_for_libbpf(const struct probe *p)
{
	struct guest_caps caps;
	bool whole = modules_needed(p) && !guest_caps("", &caps) &&
		     caps.effective & GUEST_CAP_SYS_ADMIN;

	if (p->opts.btf_path || !p->env.own_btf || whole)
		return p->opts.btf_path;
	return p->btf && p->btf->path[0] ? p->btf->path : KERNEL_BTF;
}

/* ---- maps ---- */

/* All at a time, where the kernel can: each call waits for a grace period. */
static int rings_place(struct probe *p)
{
	int map = p->bpf->rings->fd;
	uint32_t at[PROBE_MAX_SHARDS], n = p->shards;

	for (uint32_t i = 0; i < n; i++)
		at[i] = i;
	if (!bpf_map_update_batch(map, at, p->ring_fd, &n, NULL))
		return 0;
	for (uint32_t i = 0; i < p->shards; i++)
		if (bpf_map_update_elem(map, &at[i], &p->ring_fd[i], BPF_ANY))
			return -errno;
	return 0;
}

static int rings_create(struct probe *p)
{
	size_t each = settings__ring_bytes(p);
	int err = rings__new(&p->rings);

	p->ring_each = each;
	if (!err)
		rings__hold(p->rings, p->bpf->hold, p->bpf->held->entries);
	for (uint32_t i = 0; i < p->shards && !err; i++) {
		int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, (uint32_t)each, NULL);

		if (fd < 0)
			return -errno;
		p->ring_fd[i] = fd;
		err = rings__add(p->rings, fd, each);
	}
	return err ? err : rings_place(p);
}

static void rings_close(struct probe *p)
{
	rings__free(p->rings);
	p->rings = NULL;
	for (uint32_t i = 0; i < PROBE_MAX_SHARDS; i++) {
		if (p->ring_fd[i] >= 0)
			close(p->ring_fd[i]);
		p->ring_fd[i] = -1;
	}
}

static int maps_size(struct probe *p)
{
	int err = 0;

	/* what this run does not use takes no memory */
	if (!(p->opts.flags & DMS_CFG_FILTER_DEV))
		err = object__resize(p->bpf->dev_filter, 1);
	/* more may be plugged in, and each may change its domain */
	if (!err)
		err = object__resize(p->bpf->domains, 2 * p->opts.devices + 64);
	/* most devices have one id */
	if (!err)
		err = object__resize(p->bpf->endpoints, 4 * p->opts.devices + 64);
	if (!err)
		err = cells__size(p);
	return err ? err : index__size(p);
}

/* ---- one try ---- */

static void close_all(struct probe *p)
{
	probe__detach(p);
	rings_close(p);
	object__free(p->bpf);
	p->bpf = NULL;
}

static int load(struct probe *p)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = btf_for_libbpf(p));
	struct bpf_program *prog;
	struct dms_config cfg;
	int err;

	err = target__begin(p);
	if (!err)
		err = object__open(&p->bpf, p->kfuncs, &opts);
	if (err)
		return err;
	bpf_object__for_each_program(prog, p->bpf->obj) {
		err = prog_prepare(p, prog);
		if (err)
			return err;
	}
	settings__fill(p, &cfg);
	err = bpf_map__set_initial_value(p->bpf->config->lib, &cfg, sizeof(cfg));
	if (!err)
		err = maps_size(p);
	if (err)
		return err;
	load_log.prog[0] = '\0';
	load_log.line[0] = '\0';
	err = object__load(p->bpf);
	if (!err)
		p->bpf->values->observing = 1;
	if (!err)
		err = index__place(p);
	return err ? err : rings_create(p);
}

/* The verifier cannot be asked twice for a value that never changes: run once, keep. */
static int read_values(struct probe *p)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int fd = p->bpf->run[RUN_READ_VALUES];

	if (p->env.no_kprobes || fd < 0)
		return 0;
	return bpf_prog_test_run_opts(fd, &opts) ? -errno : 0;
}

/* "raw_tp/EVENT" */
static const char *event_of(const struct bpf_program *prog)
{
	const char *event = strchr(bpf_program__section_name(prog), '/');

	return event ? event + 1 : "";
}

static int attach_prog(struct probe *p, const struct choice *c, const char *name, bool ret)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(p->bpf->obj, name);
	LIBBPF_OPTS(bpf_kprobe_opts, opts, .retprobe = ret, .offset = c->cand->offset);
	struct bpf_link *link;
	int fd;

	if (!prog)
		return -ENOENT;
	if (p->nlinks == PROBE_MAX_LINKS)
		return -E2BIG;
	if (c->attach == ATTACH_KPROBE)
		link = bpf_program__attach_kprobe_opts(prog, c->symbol, &opts);
	else if (c->attach == ATTACH_RAW_TP)
		link = bpf_program__attach_raw_tracepoint(prog, event_of(prog));
	else
		link = bpf_program__attach_trace(prog);
	if (!link)
		return -errno;
	fd = fcntl(bpf_program__fd(prog), F_DUPFD_CLOEXEC, 0);
	if (fd < 0) {
		int err = -errno;

		bpf_link__destroy(link);
		return err;
	}
	p->links[p->nlinks++] = (struct attached){
		.link = link, .prog = fd, .hook = c->row->id,
		.kprobe = c->attach == ATTACH_KPROBE, .ret = ret,
	};
	return 0;
}

/* The return first: one that comes without its entry is ignored, an entry without return leaks. */
static int attach_choice(struct probe *p, const struct choice *c)
{
	int err = 0;

	if (c->ret[0])
		err = attach_prog(p, c, c->ret, c->attach == ATTACH_KPROBE);
	if (!err)
		err = attach_prog(p, c, c->prog, false);
	return err;
}

static bool has_other_candidate(struct probe *p, struct choice *c)
{
	if (!p->btf)
		read_btf(p);
	choose(&p->env, c->row, c);
	return c->cand;
}

/* Attaches all. -EAGAIN: a candidate was struck out for another one, start over. */
static int attach_all(struct probe *p)
{
	bool again = false;

	for (unsigned int i = 0; i < p->nchoices; i++) {
		struct choice *c = &p->choices[i];
		int err;

		if (!c->cand)
			continue;
		err = attach_choice(p, c);
		if (!err)
			continue;
		load_log.line[0] = '\0';
		refuse(c, "attach to", err);
		/* or another hook that it had made needless */
		again |= has_other_candidate(p, c) || needed__stands_in(c->row->id);
	}
	return again ? -EAGAIN : 0;
}

/* ---- the way through ---- */

static int load_btf(struct probe *p, struct probe_error *err)
{
	char why[DMS_TEXT_LEN];

	p->env.own_btf = kernel_btf__is_own(p->opts.btf_path);
	read_btf(p);
	if (p->btf && !p->opts.btf_path)
		return 0;
	err->fault = PROBE_NO_BTF;
	if (p->btf && !proto_of_kernel(p->env.btf, p->env.syms, why, sizeof(why))) {
		err->fault = PROBE_OK;
		return 0;
	}
	if (p->btf) {
		snprintf(err->text, sizeof(err->text), "--btf %s: %s: make it from the vmlinux of "
			 "this very kernel (pahole --btf_encode_detached FILE vmlinux)",
			 p->opts.btf_path, why);
		return -EINVAL;
	}
	if (p->opts.btf_path)
		snprintf(err->text, sizeof(err->text), "%s has no usable BTF: %s",
			 p->opts.btf_path, strerror(errno));
	else
		snprintf(err->text, sizeof(err->text),
			 "this kernel has no BTF (CONFIG_DEBUG_INFO_BTF): give one made from its "
			 "debug symbols with --btf FILE (pahole --btf_encode_detached FILE "
			 "vmlinux)");
	return -ENOENT;
}

static void choose_all(struct probe *p)
{
	p->env.fentry = p->env.own_btf && !p->env.no_kprobes &&
			kernel_btf__guards_fentry(p->btf) &&
			trial_fentry(kernel_btf__find(p->btf, "dma_set_mask", BTF_KIND_FUNC));
	p->cast_func = kernel_btf__find(p->btf, "bpf_rdonly_cast", BTF_KIND_FUNC);
	p->kfuncs = p->env.own_btf &&
		    trial_kfunc(p->cast_func, kernel_btf__find(p->btf, "device", BTF_KIND_STRUCT));
	p->nchoices = 0;
	for (unsigned int i = 0; i < hook_rows_count; i++) {
		if (!choose_applies(&p->env, &hook_rows[i]))
			continue;
		choose(&p->env, &hook_rows[i], &p->choices[p->nchoices++]);
	}
}

/* One round: 0 = all that is chosen works, -EAGAIN = try again without what was refused. */
static int try_round(struct probe *p, struct probe_error *err)
{
	struct choice *c;
	int ret;

	needed__choose(p);
	if (!refusal__core_attached(p)) {
		refusal__refused(p, err);
		return -EOPNOTSUPP;
	}
	ret = load(p);
	if (!ret)
		ret = read_values(p);
	if (!ret)
		return attach_all(p);
	if (strstr(load_log.line, "requires BPF JIT compiler")) {
		refusal__no_jit(err);	/* each other program would be refused as well */
		return -EOPNOTSUPP;
	}
	c = probe__choice_of(p, load_log.prog);
	if (c) {
		refuse(c, "load the program for", ret);
		has_other_candidate(p, c);
		p->eperm += ret == -EPERM;
		if (ret == -EACCES && !p->unverified[0])
			snprintf(p->unverified, sizeof(p->unverified), "%s: %s", load_log.prog,
				 load_log.line);
		return -EAGAIN;
	}
	if (run_once_index(load_log.prog) >= 0) {
		p->once_refused |= 1U << run_once_index(load_log.prog);
		return -EAGAIN;
	}
	if (ret == -EPERM) {
		refusal__eperm(err);
		return ret;
	}
	err->fault = PROBE_INTERNAL;
	snprintf(err->text, sizeof(err->text), "the BPF programs cannot be loaded: %s%s%s",
		 strerror(-ret), load_log.line[0] ? ": " : "", load_log.line);
	return ret;
}

static int open_all(struct probe *p, struct probe_error *err)
{
	int ret;

	choose_all(p);
	for (unsigned int round = 0; round < 4 * hook_rows_count; round++) {
		/* a file's is whole, and libbpf reads it once more; no program needs its numbers */
		if (p->opts.btf_path)
			drop_btf(p);
		ret = try_round(p, err);
		if (ret != -EAGAIN)
			break;
		close_all(p);
	}
	drop_btf(p);
	if (ret && err->fault == PROBE_NO_HOOK && p->eperm)
		refusal__eperm(err);
	else if (ret && err->fault == PROBE_NO_HOOK && p->unverified[0])
		refusal__unverified(p, err);
	return ret;
}

/* "MMU : Hash" in /proc/cpuinfo (arch/powerpc/platforms/pseries/setup.c). */
static bool uses_hash_mmu(void)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[256];
	bool hash = false;

	while (f && !hash && fgets(line, sizeof(line), f))
		hash = !strncmp(line, "MMU", 3) && strstr(line, "Hash");
	if (f)
		fclose(f);
	return hash;
}

/* Counting alone streams few records: one ring. */
static void rings_plan(struct probe *p)
{
	unsigned int cpus = (unsigned int)libbpf_num_possible_cpus(), wanted = p->opts.shards;
	bool stream = p->opts.flags & DMS_CFG_STREAM;

	if (!p->opts.ring_bytes)
		p->opts.ring_bytes = stream ? 8 << 20 : 1 << 20;
	if (!wanted)
		wanted = !stream ? 1 : cpus > 8 ? 8 : cpus;
	p->shards = 1;
	while (p->shards < wanted && p->shards < PROBE_MAX_SHARDS)
		p->shards *= 2;
}

int probe__open(struct probe **out, const struct probe_opts *opts, struct symbols *syms,
		struct probe_error *err)
{
	struct guest_lockdown lock;
	struct utsname uts;
	struct probe *p;
	int ret;

	*out = NULL;
	memset(err, 0, sizeof(*err));
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	for (int i = 0; i < PROBE_MAX_SHARDS; i++)
		p->ring_fd[i] = -1;
	p->opts = *opts;
	rings_plan(p);
	settings__expect(syms);
	load_log.verbose = opts->verbose;
	libbpf_set_print(on_libbpf_message);
	uname(&uts);
	snprintf(p->arch, sizeof(p->arch), "%s", uts.machine);
	guest_lockdown("", &lock);
	p->env = (struct choose_env){
		.syms = syms,
		.arch = p->arch,
		.no_kprobes = opts->no_kprobes || lock.mode == LOCKDOWN_CONFIDENTIALITY,
		.kprobes = !access("/sys/bus/event_source/devices/kprobe/type", R_OK) ||
			   !access("/sys/kernel/tracing/kprobe_events", W_OK),
		.kprobes_harm = harm_kprobes(uts.machine, uts.version),
		.force_kprobes = opts->force_kprobes,
		.hash_mmu = uses_hash_mmu(),
		.hcalls = opts->hcalls,
		.secure = opts->secure,
		.counting = settings__only_count(p),
	};
	ret = refusal__privilege(err);
	if (!ret)
		ret = load_btf(p, err);
	if (!ret)
		ret = open_all(p, err);
	if (!ret)
		object__shed(p->bpf);	/* without descriptors for it, all stays as it is */
	if (ret) {
		probe__free(p);
		return ret;
	}
	*out = p;
	return 0;
}

void probe__observe(struct probe *p, bool on)
{
	if (on) {
		misses__begin(p);
		__atomic_fetch_or(&p->bpf->values->observing, DMS_OBSERVING, __ATOMIC_SEQ_CST);
	} else {
		__atomic_fetch_and(&p->bpf->values->observing, ~DMS_OBSERVING, __ATOMIC_SEQ_CST);
		misses__end(p);
	}
}

/* Links that are closed: those of all entries, or of all returns. */
struct closing {
	struct probe *p;
	unsigned int next;
	bool ret;
};

static void *close_links(void *arg)
{
	struct closing *c = arg;
	unsigned int i;

	while ((i = __atomic_fetch_add(&c->next, 1, __ATOMIC_RELAXED)) < c->p->nlinks)
		if (c->p->links[i].ret == c->ret)
			bpf_link__destroy(c->p->links[i].link);
	return NULL;
}

/*
 * Closing a kprobe's link waits for two or three grace periods of the kernel, of which those that
 * are closed at a time share some. That of fentry holds ftrace's lock while it waits.
 */
#define CLOSERS		4

static void close_beside(struct probe *p, bool ret)
{
	struct closing c = { .p = p, .ret = ret };
	unsigned int n = 0, kprobes = 0;
	pthread_t thread[CLOSERS - 1];

	for (unsigned int i = 0; i < p->nlinks; i++)
		kprobes += p->links[i].kprobe && p->links[i].ret == ret;
	while (n < CLOSERS - 1 && n + 1 < kprobes &&
	       !pthread_create(&thread[n], NULL, close_links, &c))
		n++;
	close_links(&c);
	while (n)
		pthread_join(thread[--n], NULL);
}

void probe__detach(struct probe *p)
{
	/* entries first, so that every call that was counted still finds its return */
	close_beside(p, false);
	close_beside(p, true);
	for (unsigned int i = 0; i < p->nlinks; i++)
		close(p->links[i].prog);
	p->nlinks = 0;
}

void probe__free(struct probe *p)
{
	if (!p)
		return;
	close_all(p);
	drop_btf(p);
	free(p);
}
