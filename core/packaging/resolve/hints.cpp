// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/hints.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/base/edit_distance.hpp"
#include "core/packaging/resolve/widely_used.hpp"
#include "core/packaging/resolve/wording.hpp"

namespace pymode::resolving {

namespace {

// In the order in which they are shown.
enum class Kind {
    standard_module,
    import_name,
    close_name,
    from_source,
    prerelease,
    python,
    yanked,
    exclude_newer,
    upload_time,
    url,
    not_yet,
    native,
    only_sdist,
};

using Collected = std::map<Kind, std::vector<std::string>>;

// Modules whose names people take for a package's; normalised.
constexpr std::array standard_modules = {
    "abc",          "argparse",    "array",        "ast",
    "asyncio",      "atexit",      "base64",       "bisect",
    "builtins",     "bz2",         "calendar",     "cmath",
    "codecs",       "collections", "configparser", "contextlib",
    "contextvars",  "copy",        "csv",          "ctypes",
    "curses",       "datetime",    "dbm",          "decimal",
    "difflib",      "dis",         "email",        "enum",
    "errno",        "fcntl",       "filecmp",      "fnmatch",
    "fractions",    "ftplib",      "functools",    "gc",
    "getopt",       "getpass",     "gettext",      "glob",
    "graphlib",     "gzip",        "hashlib",      "heapq",
    "hmac",         "html",        "http",         "imaplib",
    "importlib",    "inspect",     "io",           "ipaddress",
    "itertools",    "json",        "keyword",      "linecache",
    "locale",       "logging",     "lzma",         "marshal",
    "math",         "mimetypes",   "mmap",         "multiprocessing",
    "netrc",        "numbers",     "operator",     "os",
    "pathlib",      "pdb",         "pickle",       "pkgutil",
    "platform",     "plistlib",    "poplib",       "pprint",
    "profile",      "queue",       "quopri",       "random",
    "re",           "readline",    "reprlib",      "resource",
    "runpy",        "sched",       "secrets",      "select",
    "selectors",    "shelve",      "shlex",        "shutil",
    "signal",       "site",        "smtplib",      "socket",
    "socketserver", "sqlite3",     "ssl",          "stat",
    "statistics",   "string",      "stringprep",   "struct",
    "subprocess",   "symtable",    "sys",          "sysconfig",
    "syslog",       "tarfile",     "tempfile",     "textwrap",
    "threading",    "time",        "timeit",       "tkinter",
    "token",        "tokenize",    "tomllib",      "trace",
    "traceback",    "tracemalloc", "turtle",       "types",
    "typing",       "unicodedata", "unittest",     "urllib",
    "uuid",         "venv",        "warnings",     "wave",
    "weakref",      "webbrowser",  "winreg",       "wsgiref",
    "xml",          "xmlrpc",      "zipapp",       "zipfile",
    "zipimport",    "zlib",        "zoneinfo",
};

struct ImportName {
    std::string_view module; // normalised
    std::string_view package;
};

constexpr std::array import_names = {
    ImportName{"attr", "attrs"},
    ImportName{"bs4", "beautifulsoup4"},
    ImportName{"crypto", "pycryptodome"},
    ImportName{"cv2", "opencv-python"},
    ImportName{"dateutil", "python-dateutil"},
    ImportName{"docx", "python-docx"},
    ImportName{"dotenv", "python-dotenv"},
    ImportName{"git", "gitpython"},
    ImportName{"github", "pygithub"},
    ImportName{"jose", "python-jose"},
    ImportName{"jwt", "pyjwt"},
    ImportName{"magic", "python-magic"},
    ImportName{"multipart", "python-multipart"},
    ImportName{"mysqldb", "mysqlclient"},
    ImportName{"nacl", "pynacl"},
    ImportName{"openssl", "pyopenssl"},
    ImportName{"pil", "pillow"},
    ImportName{"serial", "pyserial"},
    ImportName{"skimage", "scikit-image"},
    ImportName{"sklearn", "scikit-learn"},
    ImportName{"slugify", "python-slugify"},
    ImportName{"yaml", "pyyaml"},
    ImportName{"zmq", "pyzmq"},
};

void add(Collected& collected, Kind kind, std::string text) {
    std::vector<std::string>& texts = collected[kind];
    if (std::ranges::find(texts, text) == texts.end()) {
        texts.push_back(std::move(text));
    }
}

void by_name(Collected& collected, const std::string& name) {
    if (is_standard_module(name)) {
        add(collected, Kind::standard_module,
            fmt::format("`{}` is a part of Python's standard library: import it, nothing has to be "
                        "added",
                        name));
    }
    const auto* found = std::ranges::find(import_names, name, &ImportName::module);
    if (found != import_names.end()) {
        add(collected, Kind::import_name,
            fmt::format("the package that provides `import {}` is called `{}`", name,
                        found->package));
    }
}

// A name that nobody knows may be a misspelt one: of those that are known to exist, the closest.
// Two slips at most; in a short name one.
void by_close_name(Collected& collected, const Policy& policy, const std::string& name) {
    constexpr std::size_t longest = 100; // nobody types more, and the search would take its time
    std::size_t allowed = name.size() < 3 ? 0 : name.size() < 6 ? 1 : 2;
    if (name.size() > longest || is_standard_module(name) ||
        std::ranges::find(import_names, name, &ImportName::module) != import_names.end()) {
        return;
    }
    std::string_view best;
    const auto consider = [&](std::string_view known) {
        const std::size_t longer = std::max(known.size(), name.size());
        if (known == name || longer - std::min(known.size(), name.size()) > allowed) {
            return;
        }
        const std::size_t distance = edit_distance(name, known);
        if (distance > allowed || (distance == allowed && !best.empty())) {
            return; // the first of several that are as close
        }
        best = known;
        allowed = distance;
    };
    const std::vector<std::string> known_names =
        policy.request->known_names ? policy.request->known_names() : std::vector<std::string>();
    std::ranges::for_each(known_names, consider);
    std::ranges::for_each(import_names, consider, &ImportName::package);
    std::ranges::for_each(widely_used_names(), consider);
    if (!best.empty()) {
        add(collected, Kind::close_name, fmt::format("did you mean `{}`?", best));
    }
}

void by_obstacle(Collected& collected, const Policy& policy, const std::string& name,
                 const Candidate& candidate) {
    const std::string version = candidate.version.to_string();
    switch (candidate.obstacle) {
    case Obstacle::prerelease:
        add(collected, Kind::prerelease,
            fmt::format("`{}` has pre-releases: `--prerelease allow` lets them count", name));
        return;
    case Obstacle::other_python:
        add(collected, Kind::python,
            fmt::format("this runtime is Python {}, and `{}` {} needs Python {}: "
                        "`--ignore-requires-python` tries it all the same",
                        policy.request->target.python.to_string(), name, version,
                        candidate.detail));
        return;
    case Obstacle::yanked:
        add(collected, Kind::yanked,
            fmt::format("a yanked version is only taken when your own requirements pin it: "
                        "`{}=={}`",
                        name, version));
        return;
    case Obstacle::too_new:
        add(collected, Kind::exclude_newer,
            fmt::format("`--exclude-newer {}` leaves out `{}` {}",
                        policy.request->exclude_newer.value_or(""), name, version));
        return;
    case Obstacle::no_upload_time:
        add(collected, Kind::upload_time,
            fmt::format("the index does not say when the files of `{}` were uploaded: "
                        "`--exclude-newer` needs an index that does",
                        name));
        return;
    case Obstacle::url_dependency:
        add(collected, Kind::url,
            fmt::format("if you trust that file, add it to your own requirements: `{} @ URL`",
                        candidate.detail));
        return;
    case Obstacle::not_yet:
        add(collected, Kind::not_yet,
            fmt::format("wheels for Emscripten, such as those of `{}`, are to be supported by a "
                        "later version of pymode",
                        name));
        return;
    case Obstacle::foreign:
        if (candidate.families.empty()) {
            return; // for another Python: nobody can do much about that
        }
        add(collected, Kind::native,
            fmt::format("`{}` has compiled parts and needs a wheel that was built for this "
                        "runtime: `pymode recipe list` shows those that there are, `pymode recipe "
                        "build` makes one",
                        name));
        return;
    case Obstacle::only_sdist:
        add(collected, Kind::only_sdist,
            fmt::format("nothing is built while installing: build a wheel of `{}` and name its "
                        "file, or offer it with `--find-links`",
                        name));
        return;
    case Obstacle::none:
    case Obstacle::no_files:
    case Obstacle::bad_metadata:
        return;
    }
}

} // namespace

bool is_standard_module(std::string_view name) {
    return std::ranges::find(standard_modules, name) != standard_modules.end();
}

std::vector<std::string> hints(const Graph& graph, const Policy& policy,
                               const std::vector<DeadEnd>& dead_ends) {
    Collected collected;
    for (const DeadEnd& end : dead_ends) {
        const std::string& name = graph.node(end.package).name;
        by_name(collected, name);
        const CandidateList* list = graph.list(end.package);
        if (list == nullptr) {
            continue;
        }
        if (!list->page->found) {
            by_close_name(collected, policy, name);
        }
        for (const std::string& note : list->page->notes) {
            add(collected, Kind::from_source, note);
        }
        // One hint of a kind: the newest version stands for the others.
        std::vector<Obstacle> seen;
        for (auto one = list->candidates.rbegin(); one != list->candidates.rend(); ++one) {
            if (end.set.contains(one->version) &&
                std::ranges::find(seen, one->obstacle) == seen.end()) {
                seen.push_back(one->obstacle);
                by_obstacle(collected, policy, name, *one);
            }
        }
    }
    std::vector<std::string> texts;
    for (auto& [kind, of_kind] : collected) {
        std::ranges::move(of_kind, std::back_inserter(texts));
    }
    return texts;
}

} // namespace pymode::resolving
