// SPDX-License-Identifier: MIT
#include "core/devserver/runner.hpp"

#include <nlohmann/json.hpp>

#include "core/base/clock.hpp"
#include "core/base/text.hpp"

namespace pymode {
namespace {

constexpr std::chrono::milliseconds kGrace{3'000};

nlohmann::json vars_object(const std::vector<DevVar>& vars) {
    nlohmann::json object = nlohmann::json::object();
    for (const DevVar& variable : vars) {
        object[variable.name] = variable.value;
    }
    return object;
}

nlohmann::json to_json(const QueueConsumer& consumer) {
    nlohmann::json object = {{"queue", consumer.queue}};
    const std::pair<const char*, std::optional<int>> numbers[] = {
        {"max_batch_size", consumer.max_batch_size},
        {"max_batch_timeout", consumer.max_batch_timeout},
        {"max_retries", consumer.max_retries},
        {"retry_delay", consumer.retry_delay}};
    for (const auto& [key, value] : numbers) {
        if (value) {
            object[key] = *value;
        }
    }
    if (!consumer.dead_letter_queue.empty()) {
        object["dead_letter_queue"] = consumer.dead_letter_queue;
    }
    return object;
}

nlohmann::json to_json(const RunnerSettings& settings) {
    nlohmann::json consumers = nlohmann::json::array();
    for (const QueueConsumer& consumer : settings.consumers) {
        consumers.push_back(to_json(consumer));
    }
    return {{"vars", vars_object(settings.vars)},
            {"consumers", std::move(consumers)},
            {"assets", settings.assets.empty() ? nlohmann::json()
                                               : nlohmann::json(settings.assets.string())}};
}

// Bytes of the developer's machine (paths, variables) need not be UTF-8; JSON must be.
std::string one_line(const nlohmann::json& document) {
    return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string text_at(const nlohmann::json& document, const char* key) {
    const auto found = document.find(key);
    return found != document.end() && found->is_string() ? found->get<std::string>() : "";
}

} // namespace

RunnerEvent parse_runner_line(std::string_view line) {
    const nlohmann::json document = nlohmann::json::parse(line, nullptr, false);
    using Kind = RunnerEvent::Kind;
    const std::string name = document.is_object() ? text_at(document, "event") : "";
    if (name == "ready") {
        return {.kind = Kind::ready,
                .text = text_at(document, "url"),
                .scheduled = text_at(document, "scheduled")};
    }
    if (name == "reloaded") {
        const auto time = document.find("milliseconds");
        const auto milliseconds =
            time != document.end() && time->is_number_integer() ? time->get<std::int64_t>() : 0;
        return {.kind = Kind::reloaded, .milliseconds = std::chrono::milliseconds(milliseconds)};
    }
    if (name == "log") {
        return {.kind = Kind::log,
                .text = text_at(document, "message"),
                .level = text_at(document, "level")};
    }
    if (name == "port-in-use") {
        return {.kind = Kind::port_in_use};
    }
    if (name == "failed") {
        return {.kind = Kind::failed, .text = text_at(document, "message")};
    }
    return {.kind = Kind::output, .text = std::string(line)};
}

Expected<Runner> Runner::start(const RunnerOptions& options,
                               std::function<void(RunnerEvent)> on_event) {
    ProcessOptions process;
    process.args = {options.tools.node.string(), options.script.string()};
    process.env = options.env;
    process.cwd = options.cwd;
    process.log = options.log;
    process.stdin_mode = StdinMode::pipe;
    process.stdout_mode = OutputMode::lines;
    process.stderr_mode = OutputMode::lines;
    process.on_line = [on_event = std::move(on_event)](OutputStream stream, std::string_view line) {
        on_event(stream == OutputStream::out
                     ? parse_runner_line(line)
                     : RunnerEvent{.kind = RunnerEvent::Kind::output, .text = std::string(line)});
    };
    Expected<Subprocess> started = Subprocess::spawn(process);
    if (!started) {
        return propagate(started);
    }
    Runner runner(std::move(*started));
    nlohmann::json first = to_json(options.settings);
    first.update({{"miniflare", options.tools.miniflare.string()},
                  {"bundle", options.bundle.string()},
                  {"state", options.state.string()},
                  {"host", options.host},
                  {"port", options.port}});
    if (Expected<> written = runner.m_process.write_stdin(one_line(first)); !written) {
        return propagate(written);
    }
    return runner;
}

Expected<> Runner::reload(const RunnerSettings& settings) {
    return m_process.write_stdin(one_line(to_json(settings)));
}

Expected<> Runner::stop() {
    m_process.close_stdin();
    SystemClock clock;
    const Stopwatch waited(clock);
    for (auto left = kGrace; left.count() > 0; left = kGrace - waited.elapsed()) {
        Expected<bool> running = m_process.pump(left);
        if (!running) {
            return propagate(running);
        }
        if (!*running) {
            return {};
        }
    }
    return m_process.terminate(kGrace);
}

} // namespace pymode
