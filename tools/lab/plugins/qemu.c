// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What qemu.h declares. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "qemu.h"

#define KNOWN_MAJOR	11
#define KNOWN_MINOR	1

/* qapi/control.json: VersionInfo. */
struct version_info {
	struct {
		int64_t major, minor, micro;
	} *qemu;
	char *package;
};

struct qemu_functions qemu;

static bool version_is_known(bool any)
{
	struct version_info *(*query)(void **error) =
		(struct version_info * (*)(void **)) dlsym(RTLD_DEFAULT, "qmp_query_version");
	struct version_info *version = query ? query(NULL) : NULL;

	if (version && version->qemu->major == KNOWN_MAJOR && version->qemu->minor == KNOWN_MINOR)
		return true;
	fprintf(stderr, "lab plugin: this guest uses QEMU's internals and is tested with QEMU %d.%d; ",
		KNOWN_MAJOR, KNOWN_MINOR);
	if (version)
		fprintf(stderr, "this is QEMU %d.%d. ", (int)version->qemu->major,
			(int)version->qemu->minor);
	else
		fprintf(stderr, "this QEMU does not tell its version. ");
	fprintf(stderr, "%s\n", any ? "Continuing: any-qemu=on" :
		"Set DMASCOPE_LAB_ANY_QEMU=1 to try it: each start checks that memory is private.");
	return any;
}

static bool find(void **place, const char *name)
{
	*place = dlsym(RTLD_DEFAULT, name);
	if (!*place)
		fprintf(stderr, "lab plugin: this QEMU does not export %s\n", name);
	return *place;
}

bool qemu_find(const char *target, int argc, char **argv)
{
	const char *any = lab_argument(argc, argv, "any-qemu");
	bool complete = version_is_known(any && !strcmp(any, "on"));

#define QEMU_FIND(type, name, args) complete = complete && find((void **)&qemu.name, #name);
	QEMU_FUNCTIONS(QEMU_FIND)
	complete = complete && find(&qemu.address_space_memory, "address_space_memory");
	if (strcmp(target, "x86_64"))
		return complete;
	QEMU_X86_FUNCTIONS(QEMU_FIND)
	return complete;
}

bool qemu_lock(void)
{
	if (qemu.bql_locked())
		return false;
	qemu.bql_lock_impl(__FILE__, __LINE__);
	return true;
}

void qemu_unlock(bool taken)
{
	if (taken)
		qemu.bql_unlock();
}

bool qemu_device_access(uint64_t addr, void *buf, size_t len, bool write)
{
	const uint64_t unspecified_attrs = 1;

	return !qemu.address_space_rw(qemu.address_space_memory, addr, unspecified_attrs, buf, len,
				      write);
}

void qemu_panic(void)
{
	qemu.qemu_system_guest_panicked(NULL);
}
