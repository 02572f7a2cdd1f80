// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A driver in user space, as far as its memory goes: gives a device 1 MiB at IOVA 0x100000 and
 * 64 KiB at 0x40000000 by vfio, says so, and takes the second back when it is asked to by a line on
 * stdin; ends with its input.
 * usage: vfio GROUP DEVICE
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int container;

static void must(int failed, const char *what)
{
	if (!failed)
		return;
	fprintf(stderr, "vfio: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void map(unsigned long long iova, unsigned long size)
{
	struct vfio_iommu_type1_dma_map m = {
		.argsz = sizeof(m), .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.iova = iova, .size = size,
	};
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(at == MAP_FAILED, "mmap");
	memset(at, 1, size);
	m.vaddr = (unsigned long)at;
	must(ioctl(container, VFIO_IOMMU_MAP_DMA, &m), "VFIO_IOMMU_MAP_DMA");
	printf("mapped %#llx %lu\n", iova, size);
}

static void unmap(unsigned long long iova, unsigned long size)
{
	struct vfio_iommu_type1_dma_unmap u = { .argsz = sizeof(u), .iova = iova, .size = size };

	must(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &u), "VFIO_IOMMU_UNMAP_DMA");
	printf("unmapped %#llx %llu\n", iova, (unsigned long long)u.size);
}

int main(int argc, char **argv)
{
	char path[64], line[16];
	int group;

	if (argc != 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	container = open("/dev/vfio/vfio", O_RDWR);
	must(container < 0, "/dev/vfio/vfio");
	snprintf(path, sizeof(path), "/dev/vfio/%s", argv[1]);
	group = open(path, O_RDWR);
	must(group < 0, path);
	must(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), "VFIO_GROUP_SET_CONTAINER");
	must(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), "VFIO_SET_IOMMU");
	must(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, argv[2]) < 0, argv[2]);
	map(0x100000, 1 << 20);
	map(0x40000000, 1 << 16);
	if (fgets(line, sizeof(line), stdin))
		unmap(0x40000000, 1 << 16);
	while (fgets(line, sizeof(line), stdin))
		;
	return 0;
}
