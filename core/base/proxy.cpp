// SPDX-License-Identifier: MIT
#include "core/base/proxy.hpp"

#include <vector>

#include "core/base/text.hpp"

namespace pymode {

std::string proxy_for(std::string_view url, const Env& env) {
    const std::string scheme = to_lower_ascii(url.substr(0, url.find(':')));
    const bool secure = scheme == "https" || scheme == "wss";
    const std::vector<std::string_view> names =
        secure
            ? std::vector<std::string_view>{"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}
            : std::vector<std::string_view>{"http_proxy", "all_proxy", "ALL_PROXY"};
    for (const std::string_view name : names) {
        if (auto value = env.get_nonempty(name)) {
            return *value;
        }
    }
    return "";
}

std::string no_proxy_list(const Env& env) {
    const auto lower = env.get_nonempty("no_proxy");
    return lower ? *lower : env.get("NO_PROXY").value_or("");
}

bool in_no_proxy_list(std::string_view host, std::string_view list) {
    const std::string wanted = to_lower_ascii(host);
    const std::string spaced = replace_all(to_lower_ascii(list), " ", ",");
    for (std::string_view entry : split(spaced, ',')) {
        while (entry.starts_with('.')) {
            entry.remove_prefix(1);
        }
        if (entry == "*" ||
            (!entry.empty() && (wanted == entry || wanted.ends_with("." + std::string(entry))))) {
            return true;
        }
    }
    return false;
}

} // namespace pymode
