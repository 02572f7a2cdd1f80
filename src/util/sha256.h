/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * SHA-256 (FIPS 180-4) of bytes in memory, for the page's content security policy and for lists of
 * files. Not for secrets.
 */
#ifndef DMASCOPE_SHA256_H
#define DMASCOPE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES	32
#define SHA256_HEX	65	/* characters, with the end */
#define SHA256_BASE64	45

void sha256(const void *data, size_t len, uint8_t digest[SHA256_BYTES]);
char *sha256_hex(const uint8_t digest[SHA256_BYTES], char buf[SHA256_HEX]);
char *sha256_base64(const uint8_t digest[SHA256_BYTES], char buf[SHA256_BASE64]);

#endif /* DMASCOPE_SHA256_H */
