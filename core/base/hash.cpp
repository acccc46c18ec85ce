// SPDX-License-Identifier: MIT
#include "core/base/hash.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <new>
#include <span>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace pymode {

namespace {

const EVP_MD* implementation(HashAlgorithm algorithm) {
    switch (algorithm) {
    case HashAlgorithm::sha384:
        return EVP_sha384();
    case HashAlgorithm::sha512:
        return EVP_sha512();
    case HashAlgorithm::sha256:
        break;
    }
    return EVP_sha256();
}

} // namespace

std::optional<HashAlgorithm> hash_algorithm(std::string_view name) {
    return name == "sha256"   ? std::optional(HashAlgorithm::sha256)
           : name == "sha384" ? std::optional(HashAlgorithm::sha384)
           : name == "sha512" ? std::optional(HashAlgorithm::sha512)
                              : std::nullopt;
}

std::size_t hash_digits(HashAlgorithm algorithm) {
    return 2 * static_cast<std::size_t>(EVP_MD_get_size(implementation(algorithm)));
}

struct Hasher::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();

    explicit State(HashAlgorithm algorithm) {
        // Both fail only when memory is out.
        if (context == nullptr ||
            EVP_DigestInit_ex(context, implementation(algorithm), nullptr) != 1) {
            EVP_MD_CTX_free(context);
            throw std::bad_alloc();
        }
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { EVP_MD_CTX_free(context); }
};

Hasher::Hasher(HashAlgorithm algorithm) : m_state(std::make_unique<State>(algorithm)) {}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(ByteView bytes) {
    EVP_DigestUpdate(m_state->context, bytes.data(), bytes.size());
}

std::string Hasher::finish() {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_DigestFinal_ex(m_state->context, digest.data(), &size);
    std::string text;
    text.reserve(std::size_t{2} * size);
    for (const unsigned char byte : std::span(digest).first(size)) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

std::string sha256_hex(ByteView bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

Expected<std::string> sha256_file(const std::filesystem::path& path) {
    return hash_file(path, HashAlgorithm::sha256);
}

Expected<std::string> hash_file(const std::filesystem::path& path, HashAlgorithm algorithm) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                               std::fclose);
    if (!file) {
        return fail_errno(errno == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                          fmt::format("cannot read {}", path.string()), errno);
    }
    Hasher hash(algorithm);
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
