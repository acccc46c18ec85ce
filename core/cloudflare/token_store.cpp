// SPDX-License-Identifier: MIT
#include "core/cloudflare/token_store.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "core/project/toml.hpp"

namespace pymode {
namespace {

constexpr std::size_t kMaxFileBytes = 64 << 10;
constexpr std::size_t kMaxTokenBytes = 4096;
constexpr std::string_view kApiToken = "api-token";
constexpr std::string_view kOauth = "oauth";

class Descriptor {
  public:
    explicit Descriptor(int fd) : m_fd(fd) {}
    ~Descriptor() {
        if (m_fd >= 0) {
            ::close(m_fd);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return m_fd; }

  private:
    int m_fd;
};

std::unexpected<Error> unusable(const fs::path& path, std::string_view why, std::string hint) {
    return fail(ErrorCode::config, fmt::format("{} is not used: {}", path.string(), why),
                std::move(hint));
}

// Owner and mode of the open file, not of whatever has its name by now.
Expected<> check_private(int fd, const fs::path& path) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) {
        return fail_errno(ErrorCode::io, fmt::format("cannot read {}", path.string()), errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return unusable(path, "it is no regular file", "");
    }
    if (status.st_uid != ::geteuid()) {
        return unusable(path, "it belongs to another user", "");
    }
    if ((status.st_mode & 077) != 0) {
        return unusable(path, "others may read it",
                        fmt::format("chmod 600 {}; make new credentials if somebody could have "
                                    "read these",
                                    shell_quote(path.string())));
    }
    return {};
}

Expected<std::string> read_all(int fd, const fs::path& path) {
    std::string text(kMaxFileBytes + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t got = ::read(fd, text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return fail_errno(ErrorCode::io, fmt::format("cannot read {}", path.string()), errno);
        }
        if (got == 0) {
            break;
        }
        size += static_cast<std::size_t>(got);
    }
    if (size > kMaxFileBytes) {
        return unusable(path, "it is too large", "");
    }
    text.resize(size);
    return text;
}

// Nothing when it is none of ours.
std::optional<StoredLogin> login_in(const ConfigValue& root) {
    StoredLogin login;
    const std::string kind = root.text_of("kind");
    login.token = root.text_of("token");
    if (!is_token_text(login.token) || (kind != kApiToken && kind != kOauth)) {
        return std::nullopt;
    }
    if (kind == kApiToken) {
        return login;
    }
    login.kind = StoredLogin::Kind::oauth;
    login.refresh_token = root.text_of("refresh-token");
    login.scope = root.text_of("scope");
    login.client_id = root.text_of("client-id");
    login.token_url = root.text_of("token-url");
    login.revoke_url = root.text_of("revoke-url");
    const ConfigValue* expires = root.find("expires");
    if (expires == nullptr || expires->kind != ConfigValue::Kind::integer || expires->integer < 0 ||
        expires->integer > 99'999'999'999 ||
        (!login.refresh_token.empty() && !is_token_text(login.refresh_token))) {
        return std::nullopt;
    }
    login.expires = std::chrono::system_clock::time_point(std::chrono::seconds(expires->integer));
    return login;
}

std::string toml_string(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : printable(text)) {
        quoted += c == '"' || c == '\\' ? fmt::format("\\{}", c) : std::string(1, c);
    }
    return quoted + "\"";
}

std::string to_toml(const StoredLogin& login) {
    const bool oauth = login.kind == StoredLogin::Kind::oauth;
    std::string text =
        fmt::format("# Written by `pymode login`, removed by `pymode logout`. Who "
                    "reads this file can use the account.\n"
                    "kind = {}\ntoken = {}\n",
                    toml_string(oauth ? kOauth : kApiToken), toml_string(login.token));
    if (!oauth) {
        return text;
    }
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(login.expires.time_since_epoch());
    return text + fmt::format("refresh-token = {}\nexpires = {} # seconds since 1970\nscope = {}\n"
                              "client-id = {}\ntoken-url = {}\nrevoke-url = {}\n",
                              toml_string(login.refresh_token), seconds.count(),
                              toml_string(login.scope), toml_string(login.client_id),
                              toml_string(login.token_url), toml_string(login.revoke_url));
}

} // namespace

bool is_token_text(std::string_view text) {
    return !text.empty() && text.size() <= kMaxTokenBytes && std::ranges::all_of(text, [](char c) {
        return c > ' ' && c < '\x7F' && c != '"' && c != '\\';
    });
}

TokenStore::TokenStore(const Env& env) {
    const auto xdg = env.get_nonempty("XDG_CONFIG_HOME");
    const auto home = env.get_nonempty("HOME");
    // A relative path there has no meaning (XDG Base Directory Specification).
    const fs::path base = xdg && fs::path(*xdg).is_absolute() ? fs::path(*xdg)
                          : home                              ? fs::path(*home) / ".config"
                                                              : fs::path();
    m_path = base.empty() ? base : base / "pymode" / "credentials.toml";
}

Expected<std::optional<StoredLogin>> TokenStore::read() const {
    if (m_path.empty()) {
        return std::nullopt;
    }
    const Descriptor file(::open(m_path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (file.get() < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return std::nullopt;
    }
    if (file.get() < 0) {
        return fail_errno(ErrorCode::io, fmt::format("cannot read {}", m_path.string()), errno);
    }
    if (Expected<> good = check_private(file.get(), m_path); !good) {
        return propagate(good);
    }
    Expected<std::string> text = read_all(file.get(), m_path);
    if (!text) {
        return propagate(text);
    }
    // The parser's own message would show the line, with the secret in it.
    const Expected<ConfigDocument> document = parse_toml(m_path.string(), std::move(*text));
    std::optional<StoredLogin> login = document ? login_in(document->root) : std::nullopt;
    if (!login) {
        return unusable(m_path, "it is not of the form that `pymode login` writes",
                        "log in again, or remove it with `pymode logout`");
    }
    return login;
}

Expected<> TokenStore::make_folder() const {
    if (m_path.empty()) {
        return fail(ErrorCode::usage, "there is no place to keep credentials: HOME is not set");
    }
    const fs::path folder = m_path.parent_path();
    if (Expected<> made = make_directories(folder); !made) {
        return made;
    }
    if (::chmod(folder.c_str(), 0700) != 0) {
        return fail_errno(ErrorCode::io,
                          fmt::format("cannot keep others out of {}", folder.string()), errno);
    }
    return {};
}

Expected<> TokenStore::write(const StoredLogin& login) const {
    if (Expected<> made = make_folder(); !made) {
        return made;
    }
    return write_file_atomic(m_path, to_toml(login), 0600);
}

Expected<bool> TokenStore::remove() const {
    if (m_path.empty()) {
        return false;
    }
    std::error_code error;
    const bool removed = fs::remove(m_path, error);
    if (error) {
        return fail_errno(ErrorCode::io, fmt::format("cannot remove {}", m_path.string()),
                          error.value());
    }
    return removed;
}

Expected<FileLock> TokenStore::lock(const CancelToken& cancel) const {
    if (Expected<> made = make_folder(); !made) {
        return propagate(made);
    }
    return FileLock::acquire(m_path.parent_path() / "credentials.lock", cancel);
}

} // namespace pymode
