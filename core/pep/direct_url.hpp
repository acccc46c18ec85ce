// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pymode::pep {

// `url` as it may be recorded (PEP 610): without the "user:password@" unless that is one of
// `harmless` ("git") or names environment variables ("${USER}:${PASSWORD}").
std::string strip_credentials(std::string_view url, std::span<const std::string> harmless);

} // namespace pymode::pep
