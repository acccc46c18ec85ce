// SPDX-License-Identifier: MIT
// SHA-256, by OpenSSL.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"

namespace pymode {

class Sha256 {
  public:
    Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    ~Sha256();

    void update(ByteView bytes);

    // 64 lower-case hexadecimal digits. The object is spent afterwards.
    [[nodiscard]] std::string finish();

  private:
    struct State;
    std::unique_ptr<State> m_state;
};

[[nodiscard]] std::string sha256_hex(ByteView bytes);

[[nodiscard]] Expected<std::string> sha256_file(const std::filesystem::path& path);

} // namespace pymode
