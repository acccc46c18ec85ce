// SPDX-License-Identifier: MIT
#include "core/base/hash.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <new>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace pymode {

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();

    State() {
        // Both fail only when memory is out.
        if (context == nullptr || EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1) {
            EVP_MD_CTX_free(context);
            throw std::bad_alloc();
        }
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : m_state(std::make_unique<State>()) {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(ByteView bytes) {
    EVP_DigestUpdate(m_state->context, bytes.data(), bytes.size());
}

std::string Sha256::finish() {
    std::array<unsigned char, 32> digest{};
    EVP_DigestFinal_ex(m_state->context, digest.data(), nullptr);
    return fmt::format("{:02x}", fmt::join(digest, ""));
}

std::string sha256_hex(ByteView bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

Expected<std::string> sha256_file(const std::filesystem::path& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                               std::fclose);
    if (!file) {
        return fail_errno(errno == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                          fmt::format("cannot read {}", path.string()), errno);
    }
    Sha256 hash;
    std::vector<std::byte> buffer(std::size_t{1} << 16);
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
        hash.update(std::span(buffer).first(count));
    }
    if (std::ferror(file.get()) != 0) {
        return fail_errno(ErrorCode::io, fmt::format("cannot read {}", path.string()), errno);
    }
    return hash.finish();
}

} // namespace pymode
