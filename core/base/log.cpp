// SPDX-License-Identifier: MIT
// The façade over spdlog. Its registry of named loggers is not used: a logger belongs to the
// Console that made it.
#include "core/base/log.hpp"

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include "core/base/text.hpp"

namespace pymode {

namespace {

constexpr std::size_t kShortestSecret = 6;
constexpr std::string_view kHidden = "***";

// Hands finished lines on; base_sink holds its mutex meanwhile.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit LineSink(std::function<void(std::string_view)> write) : m_write(std::move(write)) {}

    void hide(std::string_view secret) {
        const std::lock_guard lock(mutex_);
        if (std::ranges::find(m_secrets, secret) != m_secrets.end()) {
            return;
        }
        // Longest first: one may be a part of another.
        const auto shorter = [&](const std::string& other) { return other.size() < secret.size(); };
        m_secrets.emplace(std::ranges::find_if(m_secrets, shorter), secret);
    }

    std::string masked(std::string_view text) {
        const std::lock_guard lock(mutex_);
        return without_secrets(text);
    }

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t formatted;
        formatter_->format(message, formatted);
        const std::string line = without_secrets(trim({formatted.data(), formatted.size()}));
        m_write(printable(replace_all(line, "\n", "\\n")));
    }
    void flush_() override {}

  private:
    std::string without_secrets(std::string_view text) const {
        std::string masked(text);
        for (const std::string& secret : m_secrets) {
            masked = replace_all(masked, secret, kHidden);
        }
        return masked;
    }

    std::function<void(std::string_view)> m_write;
    std::vector<std::string> m_secrets;
};

spdlog::level::level_enum spdlog_level(LogLevel level) {
    return level == LogLevel::debug ? spdlog::level::debug : spdlog::level::info;
}

} // namespace

struct Log::State {
    std::shared_ptr<LineSink> sink;
    spdlog::logger logger;

    explicit State(std::function<void(std::string_view)> write)
        : sink(std::make_shared<LineSink>(std::move(write))), logger("pymode", sink) {}
};

Log::Log(LogLevel most, std::function<void(std::string_view)> write) {
    const bool writes = write != nullptr;
    m_state = std::make_shared<State>(std::move(write));
    m_state->logger.set_pattern("%T.%e %v");
    m_state->logger.set_level(writes ? spdlog_level(most) : spdlog::level::off);
}

bool Log::enabled(LogLevel level) const {
    return m_state && m_state->logger.should_log(spdlog_level(level));
}

void Log::hide(std::string_view secret) const {
    if (m_state && secret.size() >= kShortestSecret) {
        m_state->sink->hide(secret);
    }
}

std::string Log::masked(std::string_view text) const {
    return m_state ? m_state->sink->masked(text) : std::string(text);
}

void Log::write(LogLevel level, std::string_view message) const {
    m_state->logger.log(spdlog_level(level), spdlog::string_view_t(message.data(), message.size()));
}

} // namespace pymode
