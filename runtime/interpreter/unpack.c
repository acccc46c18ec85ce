// SPDX-License-Identifier: MIT
// Unpacks a block in LZ4's block format. The start function of python.wasm, which the build makes,
// calls it for every block of the snapshot: before there is any memory to rely on, so it uses none
// but source and target. The input is our own build's and is not checked.

#include <stdint.h>
#include <string.h>

#include "host.h"

enum {
    LEAST_MATCH = 4,
    NIBBLE = 15,    // a length of 15 goes on in the bytes that follow
    LONG_COPY = 64, // from here on a call of memory.copy pays
};

// Adds the bytes with which a length goes on.
static inline uint32_t longer(const uint8_t** source, uint32_t length) {
    uint8_t byte;
    do {
        byte = *(*source)++;
        length += byte;
    } while (byte == UINT8_MAX);
    return length;
}

static inline void copy_word(uint8_t* target, const uint8_t* source) {
    uint64_t word;
    memcpy(&word, source, sizeof word);
    memcpy(target, &word, sizeof word);
}

static inline void copy_half_word(uint8_t* target, const uint8_t* source) {
    uint32_t word;
    memcpy(&word, source, sizeof word);
    memcpy(target, &word, sizeof word);
}

// Writes up to seven bytes behind the end as well. What follows literals overwrites them: a match
// of four bytes or more, and five or more of the last literals.
static inline void copy_literals(uint8_t* target, const uint8_t* source, uint32_t length) {
    for (uint32_t done = 0; done < length; done += sizeof(uint64_t)) {
        copy_word(target + done, source + done);
    }
}

// Writes nothing behind the end. The distance is at least that of a word, the length LEAST_MATCH.
static inline void copy_match(uint8_t* target, const uint8_t* source, uint32_t length) {
    if (length < sizeof(uint64_t)) {
        copy_half_word(target, source);
        copy_half_word(target + length - LEAST_MATCH, source + length - LEAST_MATCH);
        return;
    }
    uint32_t last = length - sizeof(uint64_t);
    for (uint32_t done = 0; done < last; done += sizeof(uint64_t)) {
        copy_word(target + done, source + done);
    }
    copy_word(target + last, source + last);
}

static inline void copy_bytes(uint8_t* target, const uint8_t* source, uint32_t length) {
    for (uint32_t done = 0; done < length; done++) {
        target[done] = source[done];
    }
}

PM_EXPORT(pm_unpack) void pm_unpack(const uint8_t* source, uint32_t size, uint8_t* target) {
    const uint8_t* const end = source + size;
    for (;;) {
        uint8_t token = *source++;
        uint32_t length = token >> 4;
        if (length == NIBBLE) {
            length = longer(&source, length);
        }
        if (source + length == end) {
            // The last literals: nothing may be written behind them.
            memcpy(target, source, length);
            return;
        }
        if (length < LONG_COPY) {
            copy_literals(target, source, length);
        } else {
            memcpy(target, source, length);
        }
        target += length;
        source += length;
        uint32_t distance = source[0] | (uint32_t)source[1] << 8;
        source += 2;
        length = token & NIBBLE;
        if (length == NIBBLE) {
            length = longer(&source, length);
        }
        length += LEAST_MATCH;
        if (distance == 1) {
            memset(target, target[-1], length);
        } else if (distance >= length && length >= LONG_COPY) {
            memcpy(target, target - distance, length);
        } else if (distance >= sizeof(uint64_t)) {
            copy_match(target, target - distance, length);
        } else {
            copy_bytes(target, target - distance, length);
        }
        target += length;
    }
}
