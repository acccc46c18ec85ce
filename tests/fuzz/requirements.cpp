// SPDX-License-Identifier: MIT
// Requirements files: the part before the first NUL is the file, the rest is what every file that
// it names holds.
#include "core/packaging/requirements_file.hpp"
#include "tests/fuzz/rules.hpp"

using namespace pymode;

namespace {

void check_line(const RequirementLine& line) {
    fuzz::demand(pep::Requirement::parse(line.requirement.canonical()).has_value(),
                 "a requirement can be written and read again");
    fuzz::demand(line.where.line > 0, "every line has its place");
    for (const std::string& hash : line.hashes) {
        const std::size_t colon = hash.find(':');
        fuzz::demand(colon != std::string::npos && colon > 0 && colon + 1 < hash.size(),
                     "a hash has its algorithm");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const std::string main(text.substr(0, text.find('\0')));
    const std::string others(text.substr(std::min(main.size() + 1, text.size())));
    const Env env{{"NAME", "value"}};
    const ReadText read = [&](const std::filesystem::path& path) -> Expected<std::string> {
        return path.filename() == "main.txt" ? main : others;
    };
    const auto file =
        read_requirements_file("/project/main.txt", RequirementsRole::requirements, env, read);
    if (!file) {
        fuzz::demand(!file.error().message.empty(), "an error says something");
        return 0;
    }
    for (const auto* lines : {&file->requirements, &file->constraints}) {
        for (const RequirementLine& line : *lines) {
            check_line(line);
        }
    }
    RequirementsFile all;
    merge_requirements_file(all, *file);
    fuzz::demand(all.requirements.size() == file->requirements.size(), "nothing is lost");
    return 0;
}
