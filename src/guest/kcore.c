// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* /proc/kcore is an ELF core: fs/proc/kcore.c. */
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest/fs.h"
#include "guest/kcore.h"

#define HEAD_LEN	65536	/* headers and notes; 7.2 needs some 10 KiB */

struct kcore {
	int fd;
	size_t len;
	char head[HEAD_LEN + 1];
};

struct kcore *kcore_open(const char *root)
{
	struct kcore *k = malloc(sizeof(*k));
	char path[GFS_PATH_LEN];
	ssize_t n = 0;

	if (!k)
		return NULL;
	k->fd = gfs_path(path, sizeof(path), root, "/proc/kcore") ?
			-1 : open(path, O_RDONLY | O_CLOEXEC);
	for (k->len = 0; k->fd >= 0 && k->len < HEAD_LEN; k->len += (size_t)n) {
		n = pread(k->fd, k->head + k->len, HEAD_LEN - k->len, (off_t)k->len);
		if (n <= 0)
			break;
	}
	k->head[k->len] = '\0';
	if (k->len >= sizeof(Elf64_Ehdr) && !memcmp(k->head, ELFMAG, SELFMAG) &&
	    k->head[EI_CLASS] == ELFCLASS64)
		return k;
	if (k->fd >= 0)
		close(k->fd);
	free(k);
	return NULL;
}

void kcore_close(struct kcore *k)
{
	if (k) {
		close(k->fd);
		free(k);
	}
}

bool kcore_number(const struct kcore *k, const char *name, uint64_t *out)
{
	const char *at = memmem(k->head, k->len, name, strlen(name));
	char *end;

	if (!at)
		return false;
	at += strlen(name);
	*out = strtoull(at, &end, 0);
	return end != at && *end == '\n';
}

bool kcore_read(const struct kcore *k, uint64_t addr, void *out, size_t len)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	size_t at;

	memcpy(&eh, k->head, sizeof(eh));
	for (unsigned int i = 0; i < eh.e_phnum; i++) {
		at = eh.e_phoff + (size_t)i * sizeof(ph);
		if (at > k->len || k->len - at < sizeof(ph))
			return false;
		memcpy(&ph, k->head + at, sizeof(ph));
		if (ph.p_type == PT_LOAD && addr >= ph.p_vaddr &&
		    addr - ph.p_vaddr < ph.p_memsz &&
		    ph.p_memsz - (addr - ph.p_vaddr) >= len)
			return pread(k->fd, out, len, (off_t)(ph.p_offset + (addr - ph.p_vaddr))) ==
			       (ssize_t)len;
	}
	return false;
}
