// SPDX-License-Identifier: MIT
// Inflates the members of the archives that the host mounts.

#include <stdint.h>
#include <zlib.h>

#include "host.h"

// The size written, or -1 when the data is broken, does not fit, or memory is short. Raw deflate,
// as in a ZIP archive.
PM_EXPORT(pm_inflate)
int pm_inflate(const void* source, uint32_t source_size, void* target, uint32_t target_size) {
    z_stream stream = {
        .next_in = (z_const Bytef*)source,
        .avail_in = source_size,
        .next_out = target,
        .avail_out = target_size,
    };
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
        return -1;
    }
    int result = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    return result == Z_STREAM_END ? (int)stream.total_out : -1;
}
