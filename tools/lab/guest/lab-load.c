// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * lab-load: loads for the guests that busybox has not. Knows nothing of the lab outside the guest.
 *
 *   lab-load read FILE SIZE COUNT [random]	COUNT direct reads of SIZE bytes; prints a sum
 *   lab-load write FILE SIZE COUNT		COUNT direct writes of SIZE bytes
 *   lab-load map DEVICE BITS SECONDS [THREADS [PAGES]]
 *		the kernel's dma_map_benchmark on a PCI device (0000:00:02.0), which loses its
 *		driver; BITS is the device's mask: 32 takes the TCE path, 64 the direct window
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <unistd.h>

#define ALIGNMENT 65536

/* Linux, include/linux/map_benchmark.h */
struct map_benchmark {
	uint64_t avg_map_100ns, map_stddev, avg_unmap_100ns, unmap_stddev;
	uint32_t threads, seconds;
	int32_t node;
	uint32_t dma_bits, dma_dir, dma_trans_ns, granule;
	uint8_t expansion[76];
};

#define DMA_MAP_BENCHMARK _IOWR('d', 1, struct map_benchmark)
#define BENCHMARK_FILE "/sys/kernel/debug/dma_map_benchmark"

static int fail(const char *what)
{
	fprintf(stderr, "lab-load: %s: %s\n", what, strerror(errno));
	return 1;
}

static uint64_t add_up(const unsigned char *data, size_t size)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = sum * 31 + data[i];
	return sum;
}

static int transfer(int argc, char **argv)
{
	bool writing = argv[1][0] == 'w', scattered = argc > 5;
	size_t size = strtoull(argv[3], NULL, 0), count = strtoull(argv[4], NULL, 0);
	int fd = open(argv[2], (writing ? O_RDWR : O_RDONLY) | O_DIRECT);
	uint64_t sum = 0;
	off_t length, at = 0;
	void *data;

	if (fd < 0)
		return fail(argv[2]);
	length = lseek(fd, 0, SEEK_END);
	if (!size || length < (off_t)size || posix_memalign(&data, ALIGNMENT, size)) {
		errno = EINVAL;
		return fail(argv[3]);
	}
	memset(data, 'x', size);
	for (size_t i = 0; i < count; i++) {
		ssize_t done = writing ? pwrite(fd, data, size, at) : pread(fd, data, size, at);

		if (done != (ssize_t)size)
			return fail(argv[2]);
		sum += add_up(data, size);
		at += scattered ? (off_t)size * 7919 : (off_t)size;
		at %= length - size + 1;
		at -= at % size;
	}
	printf("%s %zu x %zu bytes, sum %016" PRIx64 "\n", argv[1], count, size, sum);
	return 0;
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t done;

	if (fd < 0)
		return -1;
	done = write(fd, text, strlen(text));
	close(fd);
	return done == (ssize_t)strlen(text) ? 0 : -1;
}

static int bind_benchmark(const char *device)
{
	char path[256];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver/unbind", device);
	put(path, device);	/* it may have none */
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", device);
	if (put(path, "dma_map_benchmark"))
		return -1;
	return put("/sys/bus/pci/drivers/dma_map_benchmark/bind", device);
}

static int map(int argc, char **argv)
{
	struct map_benchmark b = {
		.threads = argc > 5 ? atoi(argv[5]) : 1, .seconds = atoi(argv[4]), .node = -1,
		.dma_bits = atoi(argv[3]), .granule = argc > 6 ? atoi(argv[6]) : 1,
	};
	int fd;

	if (bind_benchmark(argv[2]))
		return fail(argv[2]);
	fd = open(BENCHMARK_FILE, O_RDWR);
	if (fd < 0)
		return fail(BENCHMARK_FILE);
	if (ioctl(fd, DMA_MAP_BENCHMARK, &b))
		return fail("DMA_MAP_BENCHMARK");
	printf("map %" PRIu64 ".%" PRIu64 " us, unmap %" PRIu64 ".%" PRIu64 " us (%s, %u bits)\n",
	       b.avg_map_100ns / 10, b.avg_map_100ns % 10, b.avg_unmap_100ns / 10,
	       b.avg_unmap_100ns % 10, argv[2], b.dma_bits);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 5 && (!strcmp(argv[1], "read") || !strcmp(argv[1], "write")))
		return transfer(argc, argv);
	if (argc >= 5 && !strcmp(argv[1], "map"))
		return map(argc, argv);
	fprintf(stderr, "usage: lab-load read|write FILE SIZE COUNT [random]\n"
			"       lab-load map DEVICE BITS SECONDS [THREADS [PAGES]]\n");
	return 2;
}
