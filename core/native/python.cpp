// SPDX-License-Identifier: MIT
// CPython's start, such that nothing on the machine counts: the modules come from the image inside
// the executable, the search path holds nothing else, and no folder is looked for.
#include "core/native/python.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <Python.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace pymode {

namespace {

// The image as a file in memory; zipimport opens it by this path. The descriptor stays open for as
// long as the process lives.
std::string mount_image(ByteView image) {
    const int fd = memfd_create("pymode-stdlib", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        return "";
    }
    while (!image.empty()) {
        const ssize_t count = write(fd, image.data(), image.size());
        if (count < 0 && errno != EINTR) {
            return "";
        }
        image = image.subspan(count > 0 ? static_cast<std::size_t>(count) : 0);
    }
    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    return "/proc/self/fd/" + std::to_string(fd);
}

// PyConfig with its release.
class Config {
  public:
    explicit Config(PythonMode mode) {
        if (mode == PythonMode::isolated) {
            PyConfig_InitIsolatedConfig(&m_config);
        } else {
            PyConfig_InitPythonConfig(&m_config);
        }
    }
    Config(const Config&) = delete;
    Config& operator=(const Config&) = delete;
    ~Config() { PyConfig_Clear(&m_config); }

    PyConfig* operator->() { return &m_config; }
    PyConfig* get() { return &m_config; }

    // True when all went well so far.
    bool set(wchar_t** field, const wchar_t* value) {
        return keep(PyConfig_SetString(&m_config, field, value));
    }
    bool keep(PyStatus status) {
        if (PyStatus_Exception(status) != 0) {
            m_status = status;
            return false;
        }
        return true;
    }
    [[nodiscard]] PyStatus status() const { return m_status; }

  private:
    PyConfig m_config{};
    PyStatus m_status = PyStatus_Ok();
};

// A path as CPython wants it, released at the end of the scope.
class WidePath {
  public:
    explicit WidePath(const std::string& path) : m_text(Py_DecodeLocale(path.c_str(), nullptr)) {}
    WidePath(const WidePath&) = delete;
    WidePath& operator=(const WidePath&) = delete;
    ~WidePath() { PyMem_RawFree(m_text); }
    [[nodiscard]] const wchar_t* get() const { return m_text; }

  private:
    wchar_t* m_text;
};

std::string own_executable() {
    char buffer[4096];
    const ssize_t length = readlink("/proc/self/exe", buffer, sizeof buffer);
    return length > 0 ? std::string(buffer, static_cast<std::size_t>(length)) : "";
}

// Everything getpath.py would search for is given, so it searches for nothing. The prefix is the
// image too and no folder: below "/" the module site would find packages of the machine.
bool set_paths(Config& config, const std::string& image) {
    const WidePath path(image);
    const WidePath executable(own_executable()); // else it would be looked for along PATH
    if (path.get() == nullptr || executable.get() == nullptr) {
        return config.keep(PyStatus_NoMemory());
    }
    config->module_search_paths_set = 1;
    bool done = config.keep(PyWideStringList_Append(&config->module_search_paths, path.get())) &&
                config.set(&config->executable, executable.get()) &&
                config.set(&config->base_executable, executable.get());
    for (wchar_t** field : {&config->home, &config->prefix, &config->base_prefix,
                            &config->exec_prefix, &config->base_exec_prefix, &config->stdlib_dir}) {
        done = done && config.set(field, path.get());
    }
    return done;
}

bool configure(Config& config, std::span<char*> argv, const std::string& image) {
    config->parse_argv = 1;
    config->pathconfig_warnings = 0;
    config->user_site_directory = 0;
    config->write_bytecode = 0;
    return set_paths(config, image) &&
           config.keep(PyConfig_SetBytesArgv(config.get(), static_cast<Py_ssize_t>(argv.size()),
                                             argv.data()));
}

} // namespace

bool has_native_python() {
    return true;
}

int run_python(std::span<char*> argv, ByteView stdlib_zip, PythonMode mode) {
    const std::string image = mount_image(stdlib_zip);
    if (image.empty()) {
        std::fprintf(stderr, "error: cannot unpack the standard library: %s\n",
                     std::strerror(errno));
        return 1;
    }
    // The image has no _pyrepl, the prompt with colours, which needs curses.
    setenv("PYTHON_BASIC_REPL", "1", 1);
    Config config(mode);
    if (!configure(config, argv, image) || !config.keep(Py_InitializeFromConfig(config.get()))) {
        const PyStatus status = config.status();
        if (PyStatus_IsExit(status) != 0) {
            return status.exitcode; // --version, --help
        }
        std::fprintf(stderr, "error: Python does not start: %s\n",
                     status.err_msg != nullptr ? status.err_msg : "unknown reason");
        return 1;
    }
    return Py_RunMain();
}

} // namespace pymode
