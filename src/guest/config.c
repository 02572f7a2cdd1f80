// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel's configuration: /proc/config.gz, else the file beside the kernel in /boot.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <zlib.h>

#include "guest/fs.h"
#include "guest/pool.h"

static int open_config(const char *root, gzFile *out)
{
	char path[GFS_PATH_LEN], rel[GFS_PATH_LEN / 2], release[128] = "";
	struct utsname u;

	if (gfs_path(path, sizeof(path), root, "/proc/config.gz"))
		return -ENODATA;
	*out = gzopen(path, "rb");
	if (*out)
		return 0;
	if (gfs_read(root, "/proc/sys/kernel/osrelease", release, sizeof(release)) <= 0) {
		if (!gfs_live(root) || uname(&u))
			return -ENODATA;
		gfs_copy(release, sizeof(release), u.release);
	}
	snprintf(rel, sizeof(rel), "/boot/config-%s", release);
	if (gfs_path(path, sizeof(path), root, rel))
		return -ENODATA;
	*out = gzopen(path, "rb");	/* reads plain files too */
	return *out ? 0 : -ENODATA;
}

int guest_kconfig(const char *root, const char *option)
{
	size_t n = strlen(option);
	unsigned int lines = 0;
	int found = 0;
	char line[512];
	gzFile f;

	if (open_config(root, &f))
		return -ENODATA;
	while (!found && gzgets(f, line, sizeof(line))) {
		lines++;
		/* "CONFIG_X=y"; what is not set has no such line. */
		found = !strncmp(line, option, n) && line[n] == '=' && line[n + 1] != 'n';
	}
	gzclose(f);
	return lines ? found : -ENODATA;
}
