// SPDX-License-Identifier: MIT
// The start of the interpreter, in two parts: pm_snapshot when the runtime is built, pm_boot in
// every new instance. Both run on the linker's stack, without a host that could suspend them.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "host.h"
#include "module.h"
#include "python.h"
#include "serve.h"

enum { LONGEST_MODULE_NAME = 200 };

#define STANDARD_LIBRARY "/lib/python3.13"
#define DYNAMIC_MODULES STANDARD_LIBRARY "/lib-dynload"

// The main thread's state, without the GIL, between the snapshot and pm_boot and after it.
static PyThreadState* main_state;

_Noreturn static void fail(const char* what) {
    fprintf(stderr, "pymode: %s\n", what);
    abort();
}

static void check(PyStatus status) {
    if (PyStatus_Exception(status)) {
        fail(status.err_msg ? status.err_msg : "the interpreter cannot start");
    }
}

static void set_paths(PyConfig* config) {
    wchar_t** const prefixes[] = {&config->prefix, &config->base_prefix, &config->exec_prefix,
                                  &config->base_exec_prefix};
    for (size_t i = 0; i < Py_ARRAY_LENGTH(prefixes); i++) {
        check(PyConfig_SetString(config, prefixes[i], L"/"));
    }
    wchar_t** const programs[] = {&config->program_name, &config->executable,
                                  &config->base_executable};
    for (size_t i = 0; i < Py_ARRAY_LENGTH(programs); i++) {
        check(PyConfig_SetString(config, programs[i], L"/python"));
    }
    check(PyConfig_SetString(config, &config->stdlib_dir, L"" STANDARD_LIBRARY));
    config->module_search_paths_set = 1;
    check(PyWideStringList_Append(&config->module_search_paths, L"" STANDARD_LIBRARY));
    check(PyWideStringList_Append(&config->module_search_paths, L"" DYNAMIC_MODULES));
}

static void initialize(void) {
    PyPreConfig before;
    PyPreConfig_InitIsolatedConfig(&before);
    before.utf8_mode = 1;
    check(Py_PreInitialize(&before));
    if (PyImport_AppendInittab("_pymode", PyInit__pymode) < 0) {
        fail("no memory for the module _pymode");
    }
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    config.site_import = 0;
    config.write_bytecode = 0;
    config.install_signal_handlers = 0;
    config.pathconfig_warnings = 0;
    set_paths(&config);
    PyStatus status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    check(status);
}

static void import_or_fail(const char* name) {
    PyObject* module = PyImport_ImportModule(name);
    if (!module) {
        PyErr_Print();
        fail("a module of preload.txt cannot be imported");
    }
    Py_DECREF(module);
}

// /preload.txt exists only while the snapshot is made: a name a line, comments begin with #.
static void import_preloaded(void) {
    FILE* file = fopen("/preload.txt", "r");
    if (!file) {
        fail("/preload.txt is missing");
    }
    char line[LONGEST_MODULE_NAME];
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, " \t\r\n#")] = '\0';
        if (line[0]) {
            import_or_fail(line);
        }
    }
    fclose(file);
}

// What lives now lives for ever: later collections need not look at it.
static void settle_garbage(void) {
    PyGC_Collect();
    PyObject* gc = PyImport_ImportModule("gc");
    PyObject* result = gc ? PyObject_CallMethod(gc, "freeze", NULL) : NULL;
    if (!result) {
        PyErr_Print();
        fail("gc.freeze failed");
    }
    Py_DECREF(result);
    Py_DECREF(gc);
}

PM_EXPORT(pm_snapshot) void pm_snapshot(void) {
    initialize();
    if (pm_guard_recursion() < 0) {
        PyErr_Print();
        fail("the guards against deep recursion cannot be set");
    }
    import_preloaded();
    if (pm_find_handler() < 0) {
        PyErr_Print();
        fail("pymode._serve has no handler");
    }
    settle_garbage();
    fflush(NULL);
    main_state = PyEval_SaveThread();
}

// Adds a directory once; -1 with an exception.
static int add_path(PyObject* list, const char* directory) {
    PyObject* text = PyUnicode_DecodeUTF8(directory, (Py_ssize_t)strlen(directory), "strict");
    if (!text) {
        return -1;
    }
    int known = PySequence_Contains(list, text);
    int result = known == 0 ? PyList_Append(list, text) : known < 0 ? -1 : 0;
    Py_DECREF(text);
    return result;
}

static int set_search_path(const char* app, const char* entry_directory) {
    // As everywhere: no installed package takes the place of a module of the standard library.
    const char* const directories[] = {app, entry_directory, STANDARD_LIBRARY, DYNAMIC_MODULES,
                                       "/lib/site-packages"};
    PyObject* list = PyList_New(0);
    if (!list) {
        return -1;
    }
    int result = 0;
    for (size_t i = 0; result == 0 && i < Py_ARRAY_LENGTH(directories); i++) {
        if (directories[i][0]) {
            result = add_path(list, directories[i]);
        }
    }
    if (result == 0) {
        result = PySys_SetObject("path", list);
    }
    Py_DECREF(list);
    return result;
}

// The finders remember the folders of the machine on which the snapshot was made.
static void forget_folders(void) {
    PyObject* cache = PySys_GetObject("path_importer_cache"); // borrowed
    if (cache && PyDict_Check(cache)) {
        PyDict_Clear(cache);
    }
}

// 0, or 1 after the traceback has been written. Draws no entropy and reads no clock: the platform
// has neither yet.
PM_EXPORT(pm_boot) int pm_boot(const char* app, const char* entry_directory) {
    if (!main_state) {
        fail("there is no snapshot in this module");
    }
    PyEval_RestoreThread(main_state);
    forget_folders();
    int failed = set_search_path(app, entry_directory) < 0;
    if (failed) {
        PyErr_Print();
    }
    main_state = PyEval_SaveThread();
    return failed;
}
