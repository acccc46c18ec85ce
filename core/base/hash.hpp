// SPDX-License-Identifier: MIT
// Hashes, by OpenSSL.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"

namespace pymode {

enum class HashAlgorithm { sha256, sha384, sha512 };

// Of "sha256", "sha384" and "sha512", as package indexes write them; nothing for weaker ones.
[[nodiscard]] std::optional<HashAlgorithm> hash_algorithm(std::string_view name);

// 64, 96 or 128: of the hash in hexadecimal.
[[nodiscard]] std::size_t hash_digits(HashAlgorithm algorithm);

class Hasher {
  public:
    explicit Hasher(HashAlgorithm algorithm);
    Hasher(Hasher&&) noexcept;
    Hasher& operator=(Hasher&&) noexcept;
    ~Hasher();

    void update(ByteView bytes);

    // Lower-case hexadecimal digits. The object is spent afterwards.
    [[nodiscard]] std::string finish();

  private:
    struct State;
    std::unique_ptr<State> m_state;
};

class Sha256 : public Hasher {
  public:
    Sha256() : Hasher(HashAlgorithm::sha256) {}
};

[[nodiscard]] std::string sha256_hex(ByteView bytes);

[[nodiscard]] Expected<std::string> sha256_file(const std::filesystem::path& path);
[[nodiscard]] Expected<std::string> hash_file(const std::filesystem::path& path,
                                              HashAlgorithm algorithm);

} // namespace pymode
