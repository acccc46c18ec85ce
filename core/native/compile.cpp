// SPDX-License-Identifier: MIT
#include "core/native/compile.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/hash.hpp"
#include "core/base/subprocess.hpp"
#include "core/base/text.hpp"
#include "core/native/compile_job.hpp"

namespace pymode {

namespace {

using nlohmann::json;

constexpr std::size_t max_output_bytes = std::size_t{256} << 20;

std::string make_input(std::span<const SourceModule> modules) {
    json header = json::array();
    for (const SourceModule& module : modules) {
        header.push_back({{"path", module.guest_path},
                          {"size", module.text.size()},
                          {"package", module.of_package}});
    }
    std::string input = json{{"modules", header}}.dump() + "\n";
    for (const SourceModule& module : modules) {
        input += module.text;
    }
    return input;
}

std::unexpected<Error> compile_error(const json& report) {
    const auto text = [&](const char* key) { return report.value(key, std::string()); };
    Error error{ErrorCode::config,
                fmt::format("{}: {}", text("kind"), text("message")),
                {},
                "",
                SourceLocation{text("path"), report.value("line", 0), report.value("column", 0),
                               text("text")}};
    return std::unexpected(std::move(error));
}

std::unexpected<Error> broken_answer(const char* reason) {
    return std::unexpected(
        Error{ErrorCode::internal, "cannot compile the project", {reason}, "", std::nullopt});
}

Expected<std::vector<CompiledModule>> parse_output(std::string_view output,
                                                   std::span<const SourceModule> modules) {
    const auto line_end = output.find('\n');
    const json header = json::parse(output.substr(0, line_end), nullptr, false);
    if (line_end == std::string_view::npos || !header.is_object()) {
        return broken_answer("the compiler's answer is not understood");
    }
    if (header.contains("error")) {
        return compile_error(header["error"]);
    }
    std::string_view content = output.substr(line_end + 1);
    std::vector<CompiledModule> compiled;
    for (const json& entry : header.value("modules", json::array())) {
        const auto size = entry.value("size", std::size_t{0});
        if (size > content.size() || compiled.size() == modules.size()) {
            return broken_answer("the compiler's answer is cut off");
        }
        compiled.push_back({modules[compiled.size()].guest_path, to_bytes(content.substr(0, size)),
                            entry.value("names", std::vector<std::string>()),
                            entry.value("failure", std::string())});
        content.remove_prefix(size);
    }
    if (compiled.size() != modules.size() || !content.empty()) {
        return broken_answer("the compiler's answer has another length than announced");
    }
    return compiled;
}

std::unexpected<Error> child_failed(const ProcessResult& result) {
    std::string_view said = trim(result.err);
    said = said.substr(said.size() - std::min<std::size_t>(said.size(), 2000));
    std::string reason =
        said.empty() ? fmt::format("it ended with code {}", result.exit_code) : std::string(said);
    return std::unexpected(Error{ErrorCode::tool,
                                 "the Python inside this executable cannot compile",
                                 {std::move(reason)},
                                 "",
                                 std::nullopt});
}

} // namespace

std::string bytecode_path(std::string_view path) {
    const std::size_t name = path.rfind('/') + 1; // 0 without a folder
    return fmt::format("{}__pycache__/{}.cpython-313.pyc", path.substr(0, name),
                       path.substr(name, path.size() - name - 3));
}

std::string compiler_name(std::string_view python) {
    return fmt::format("cpython-{}-{}", python,
                       sha256_hex(as_bytes(compile_job_source)).substr(0, 16));
}

Expected<std::vector<CompiledModule>> compile_modules_with(std::span<const std::string> python,
                                                           const Env& env,
                                                           std::span<const SourceModule> modules,
                                                           const Log& log) {
    if (modules.empty()) {
        return std::vector<CompiledModule>();
    }
    for (const SourceModule& module : modules) {
        if (!is_valid_utf8(module.guest_path)) {
            return fail(ErrorCode::config,
                        fmt::format("the name of {} is not UTF-8", printable(module.guest_path)));
        }
    }
    ProcessOptions options;
    options.args.assign(python.begin(), python.end());
    // Isolated, without site, writing no bytecode, without warnings about the source.
    for (const char* argument : {"-I", "-S", "-B", "-W", "ignore", "-c", compile_job_source}) {
        options.args.emplace_back(argument);
    }
    options.env = env;
    options.stdin_mode = StdinMode::bytes;
    options.stdin_bytes = make_input(modules);
    options.max_capture_bytes = max_output_bytes;
    options.log = log;
    auto result = run_process(options);
    if (!result) {
        return propagate(result, "compiling the project");
    }
    if (!result->ok()) {
        return child_failed(*result);
    }
    try {
        return parse_output(result->out, modules);
    } catch (const json::exception&) {
        return broken_answer("the compiler's answer is not understood");
    }
}

Expected<std::vector<CompiledModule>>
compile_modules(const Env& env, std::span<const SourceModule> modules, const Log& log) {
    // The link, not its target: it is right even when the file was replaced meanwhile.
    const std::string self[] = {"/proc/self/exe", "python"};
    return compile_modules_with(self, env, modules, log);
}

} // namespace pymode
