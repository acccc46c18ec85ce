// SPDX-License-Identifier: MIT
// dlopen and its family over the host's linker. They stand before libc's stubs, so that CPython's
// own loader of extension modules works as it is.

#include <dlfcn.h>
#include <stdio.h>

#include "host.h"

enum { ERROR_SIZE = 512 };

static char error_text[ERROR_SIZE];
static char* pending_error;

// The host asks for it when it has an error to report.
PM_EXPORT(pm_dl_error_buffer) char* pm_dl_error_buffer(void) {
    pending_error = error_text;
    return error_text;
}

void* dlopen(const char* path, int flags) {
    if (!path) {
        snprintf(pm_dl_error_buffer(), ERROR_SIZE,
                 "the main program cannot be opened as a library");
        return NULL;
    }
    return (void*)pm_host_dlopen(path, flags);
}

void* dlsym(void* restrict library, const char* restrict name) {
    return pm_host_dlsym((int)library, name);
}

// Libraries stay: Python never unloads an extension module.
int dlclose(void* library) {
    return 0;
}

char* dlerror(void) {
    char* error = pending_error;
    pending_error = NULL;
    return error;
}
