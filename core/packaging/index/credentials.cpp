// SPDX-License-Identifier: MIT
#include "core/packaging/index/credentials.hpp"

#include "core/base/base64.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/packaging/index/url.hpp"

namespace pymode {

namespace {

constexpr std::uint64_t max_netrc_bytes = 1 << 20;

std::optional<Login> login_of_url(std::string_view url) {
    const auto parts = split_url(url);
    if (!parts || parts->userinfo.empty()) {
        return std::nullopt;
    }
    const auto colon = parts->userinfo.find(':');
    Login login{percent_decode(parts->userinfo.substr(0, colon)), ""};
    if (colon != std::string_view::npos) {
        login.password = percent_decode(parts->userinfo.substr(colon + 1));
    }
    return login;
}

// Words of a netrc file: separated by white space, perhaps quoted; '#' at the start of a word
// begins a comment unless the word is a value.
class NetrcWords {
  public:
    explicit NetrcWords(std::string_view text) : m_text(text) {}

    std::optional<std::string> keyword() {
        skip_spaces();
        while (m_at < m_text.size() && m_text[m_at] == '#') {
            skip_line();
            skip_spaces();
        }
        return value();
    }

    std::optional<std::string> value() {
        skip_spaces();
        if (m_at >= m_text.size()) {
            return std::nullopt;
        }
        const bool quoted = m_text[m_at] == '"';
        m_at += quoted ? 1 : 0;
        std::string word;
        while (m_at < m_text.size() && (quoted ? m_text[m_at] != '"' : !is_space(m_text[m_at]))) {
            if (m_text[m_at] == '\\' && quoted && m_at + 1 < m_text.size()) {
                ++m_at;
            }
            word += m_text[m_at++];
        }
        m_at += quoted && m_at < m_text.size() ? 1 : 0;
        return word;
    }

    // A macro ends at an empty line.
    void skip_macro() {
        const auto end = m_text.find("\n\n", m_at);
        m_at = end == std::string_view::npos ? m_text.size() : end + 2;
    }

  private:
    static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

    void skip_spaces() {
        while (m_at < m_text.size() && is_space(m_text[m_at])) {
            ++m_at;
        }
    }

    void skip_line() { m_at = std::min(m_text.find('\n', m_at), m_text.size()); }

    std::string_view m_text;
    std::size_t m_at = 0;
};

std::string host_without_port(std::string_view host) {
    const auto bracket = host.rfind(']');
    const auto colon = host.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    return to_lower_ascii(has_port ? host.substr(0, colon) : host);
}

} // namespace

std::map<std::string, Login, std::less<>> parse_netrc(std::string_view text) {
    std::map<std::string, Login, std::less<>> logins;
    NetrcWords words(text);
    Login* current = nullptr;
    Login ignored;
    while (const auto word = words.keyword()) {
        if (*word == "machine") {
            const auto host = words.value();
            // The first entry of a host counts.
            const auto [entry, is_new] = logins.emplace(to_lower_ascii(host.value_or("")), Login());
            current = is_new ? &entry->second : &ignored;
        } else if (*word == "default") {
            const auto [entry, is_new] = logins.emplace("", Login());
            current = is_new ? &entry->second : &ignored;
        } else if (*word == "macdef") {
            words.skip_macro();
        } else if (*word == "login" || *word == "user" || *word == "password" ||
                   *word == "account") {
            const auto value = words.value();
            if (current != nullptr && value && *word != "account") {
                (*word == "password" ? current->password : current->user) = *value;
            }
        }
    }
    return logins;
}

std::string index_variable_prefix(std::string_view index_name) {
    std::string prefix = "PYMODE_INDEX_";
    for (const char c : index_name) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool digit = c >= '0' && c <= '9';
        prefix += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : letter || digit ? c : '_';
    }
    return prefix;
}

IndexCredentials::IndexCredentials(std::span<const IndexLocation> indexes,
                                   std::span<const std::string> find_links, const Env& env) {
    const auto netrc = env.get_nonempty("NETRC");
    const auto home = env.home();
    if (netrc || home) {
        const fs::path path = netrc ? fs::path(*netrc) : *home / ".netrc";
        if (const auto text = read_text_file(path, max_netrc_bytes)) {
            m_netrc = parse_netrc(*text);
        } else if (text.error().code != ErrorCode::not_found) {
            m_netrc_problem = text.error().message;
        }
    }
    const auto remember = [&](std::string_view url, std::optional<Login> login) {
        if (login) {
            m_by_origin.emplace(url_origin(url), std::move(*login));
        }
    };
    for (const IndexLocation& index : indexes) {
        auto login = login_of_url(index.url);
        if (!index.name.empty()) {
            const std::string prefix = index_variable_prefix(index.name);
            const auto user = env.get_nonempty(prefix + "_USERNAME");
            const auto password = env.get_nonempty(prefix + "_PASSWORD");
            if (login && login->password.empty() && password) {
                login->password = *password;
            } else if (!login && (user || password)) {
                login = Login{user.value_or(""), password.value_or("")};
            }
        }
        if (login && login->password.empty()) {
            const auto known = m_netrc.find(host_without_port(split_url(index.url)->host));
            if (known != m_netrc.end() && known->second.user == login->user) {
                login->password = known->second.password;
            }
        }
        remember(index.url, std::move(login));
    }
    for (const std::string& link : find_links) {
        remember(link, login_of_url(link));
    }
}

std::optional<std::string> IndexCredentials::authorization(std::string_view url) const {
    const auto basic = [](const Login& login) {
        return "Basic " + base64(as_bytes(login.user + ":" + login.password));
    };
    if (const auto own = m_by_origin.find(url_origin(url)); own != m_by_origin.end()) {
        return basic(own->second);
    }
    const auto parts = split_url(url);
    if (!parts || m_netrc.empty()) {
        return std::nullopt;
    }
    auto found = m_netrc.find(host_without_port(parts->host));
    if (found == m_netrc.end()) {
        found = m_netrc.find("");
    }
    const bool usable = found != m_netrc.end() && !found->second.user.empty();
    return usable ? std::optional(basic(found->second)) : std::nullopt;
}

} // namespace pymode
