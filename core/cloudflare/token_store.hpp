// SPDX-License-Identifier: MIT
// Where `pymode login` keeps what it got: one file that only its owner may read.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/base/cancel.hpp"
#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/lock.hpp"

namespace pymode {

// An API token, or what OAuth gave. The members are secrets, but for the URLs and the scope.
struct StoredLogin {
    enum class Kind { api_token, oauth };
    Kind kind = Kind::api_token;
    std::string token; // the API token, or OAuth's access token
    // Of OAuth alone:
    std::string refresh_token; // empty: the login ends with the access token
    std::chrono::system_clock::time_point expires;
    std::string scope;
    std::string client_id;
    std::string token_url;
    std::string revoke_url;

    bool operator==(const StoredLogin&) const = default;
};

class TokenStore {
  public:
    // $XDG_CONFIG_HOME/pymode/credentials.toml, else ~/.config/pymode/credentials.toml. With
    // neither variable there is no store: nothing is read, and writing is ErrorCode::usage.
    explicit TokenStore(const Env& env);

    [[nodiscard]] const fs::path& path() const { return m_path; }

    // Nothing when there is no file. ErrorCode::config when others may read it, when it is not
    // ours, or not of this form; the message never shows what is in it.
    [[nodiscard]] Expected<std::optional<StoredLogin>> read() const;

    // The whole file or nothing (0600, in a folder that is made 0700).
    [[nodiscard]] Expected<> write(const StoredLogin& login) const;

    // False when there was nothing.
    [[nodiscard]] Expected<bool> remove() const;

    // Held while a refresh token is used: each works once, so two runs must not use the same.
    [[nodiscard]] Expected<FileLock> lock(const CancelToken& cancel) const;

  private:
    [[nodiscard]] Expected<> make_folder() const;

    fs::path m_path;
};

// What a token may consist of: visible ASCII without quotation marks and backslashes, at most 4096
// of them. So it can stand in a header and in the file.
[[nodiscard]] bool is_token_text(std::string_view text);

} // namespace pymode
