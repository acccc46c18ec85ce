// SPDX-License-Identifier: MIT
#include "core/native/compile.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/base/subprocess.hpp"
#include "core/base/text.hpp"
#include "core/native/compile_job.hpp"

namespace pymode {

namespace {

constexpr std::size_t max_output_bytes = std::size_t{256} << 20;

// compile_job.py says what the fields are.
void append_field(std::string& fields, std::string_view field) {
    fields += fmt::format("{}\n{}", field.size(), field);
}

std::string make_input(std::span<const SourceModule> modules) {
    std::string input;
    for (const SourceModule& module : modules) {
        append_field(input, module.guest_path);
        append_field(input, module.of_package ? "package" : "");
        append_field(input, module.text);
    }
    return input;
}

// Nothing where a field is cut off.
std::optional<std::vector<std::string_view>> split_fields(std::string_view rest) {
    std::vector<std::string_view> fields;
    while (!rest.empty()) {
        const std::size_t line_end = rest.find('\n');
        const auto size = parse_unsigned(rest.substr(0, line_end));
        if (line_end == std::string_view::npos || !size || *size > rest.size() - line_end - 1) {
            return std::nullopt;
        }
        fields.push_back(rest.substr(line_end + 1, *size));
        rest.remove_prefix(line_end + 1 + *size);
    }
    return fields;
}

std::unexpected<Error> broken_answer() {
    return std::unexpected(Error{ErrorCode::internal,
                                 "cannot compile the project",
                                 {"the compiler's answer is not understood"},
                                 "",
                                 std::nullopt});
}

// Kind, message, path, line, column, text.
std::unexpected<Error> compile_error(std::span<const std::string_view> report) {
    const auto number = [&](std::size_t index) {
        return static_cast<int>(parse_unsigned(report[index]).value_or(0));
    };
    return std::unexpected(Error{
        ErrorCode::config,
        fmt::format("{}: {}", report[0], report[1]),
        {},
        "",
        SourceLocation{std::string(report[2]), number(3), number(4), std::string(report[5])}});
}

std::vector<std::string> split_names(std::string_view names) {
    if (names.empty()) {
        return {};
    }
    const std::vector<std::string_view> parts = split(names, ' ');
    return {parts.begin(), parts.end()};
}

Expected<std::vector<CompiledModule>> parse_output(std::string_view output,
                                                   std::span<const SourceModule> modules) {
    constexpr std::size_t fields_per_module = 3;
    constexpr std::size_t fields_per_report = 6;
    const auto fields = split_fields(output);
    if (!fields || fields->empty()) {
        return broken_answer();
    }
    const auto rest = std::span(*fields).subspan(1);
    if (fields->front() == "error" && rest.size() == fields_per_report) {
        return compile_error(rest);
    }
    if (fields->front() != "ok" || rest.size() != modules.size() * fields_per_module) {
        return broken_answer();
    }
    std::vector<CompiledModule> compiled;
    for (std::size_t i = 0; i < modules.size(); ++i) {
        const auto of_module = rest.subspan(i * fields_per_module, fields_per_module);
        compiled.push_back({modules[i].guest_path, to_bytes(of_module[0]),
                            split_names(of_module[1]), std::string(of_module[2])});
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
    return parse_output(result->out, modules);
}

Expected<std::vector<CompiledModule>>
compile_modules(const Env& env, std::span<const SourceModule> modules, const Log& log) {
    // The link, not its target: it is right even when the file was replaced meanwhile.
    const std::string self[] = {"/proc/self/exe", "python"};
    return compile_modules_with(self, env, modules, log);
}

} // namespace pymode
