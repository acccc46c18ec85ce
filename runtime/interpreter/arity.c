// SPDX-License-Identifier: MIT
// How many parameters the functions of side modules take (arity.h). The host knows it of every
// function in the table and writes it down when it has loaded a module.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

uintptr_t pm_first_side_slot = UINTPTR_MAX;

void* pm_call_side(void* function, void* a, void* b, void* c, unsigned passed);

// A byte for every slot from the first side module's on: parameters + 1, or 0 for unknown.
static unsigned char* arities;
static uintptr_t known_end;
static uintptr_t room_end;

// Where the host writes the bytes of the slots `first` to `end`; NULL when memory has run out.
// The first call decides which slots belong to side modules.
PM_EXPORT(pm_arity_room) unsigned char* pm_arity_room(uintptr_t first, uintptr_t end) {
    uintptr_t start = pm_first_side_slot == UINTPTR_MAX ? first : pm_first_side_slot;
    if (first < start || end < first) {
        return NULL;
    }
    if (end > room_end || !arities) {
        uintptr_t room = (end - start) + (end - start) / 2 + 64;
        unsigned char* grown = realloc(arities, room);
        if (!grown) {
            return NULL;
        }
        arities = grown;
        room_end = start + room;
    }
    pm_first_side_slot = start;
    if (end > known_end) {
        uintptr_t from = known_end > start ? known_end : start;
        memset(arities + (from - start), 0, end - from);
        known_end = end;
    }
    return arities + (first - start);
}

void* pm_call_side(void* function, void* a, void* b, void* c, unsigned passed) {
    uintptr_t slot = (uintptr_t)function;
    unsigned known = slot < known_end ? arities[slot - pm_first_side_slot] : 0;
    switch (known ? known - 1 : passed) {
    case 0:
        return ((void* (*)(void))function)();
    case 1:
        return ((void* (*)(void*))function)(a);
    case 2:
        return ((void* (*)(void*, void*))function)(a, b);
    case 3:
        return ((void* (*)(void*, void*, void*))function)(a, b, c);
    default: // no method: let it trap where it is called
        return passed == 2 ? ((void* (*)(void*, void*))function)(a, b)
                           : ((void* (*)(void*, void*, void*))function)(a, b, c);
    }
}
