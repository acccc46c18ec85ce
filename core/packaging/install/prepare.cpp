// SPDX-License-Identifier: MIT
#include "core/packaging/install/prepare.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/packaging/install/import_words.hpp"
#include "core/packaging/install/parallel.hpp"
#include "core/packaging/install/record.hpp"
#include "core/packaging/install/trim.hpp"
#include "core/packaging/install/zip_assembly.hpp"
#include "core/packaging/install/zip_bytes.hpp"

namespace pymode {

namespace {

constexpr std::uint64_t max_wheel_bytes = std::uint64_t{512} << 20;
constexpr std::uint64_t batch_bytes = std::uint64_t{32} << 20; // of sources, for one compiler

std::unexpected<Error> refused(const InstallItem& item, std::string message,
                               std::vector<std::string> notes) {
    return std::unexpected(
        Error{ErrorCode::archive,
              fmt::format("{} is refused: {}", printable(item.wheel.filename), message),
              std::move(notes),
              "the file is damaged, or it is not the one that was chosen: `pymode cache clean` and "
              "install again",
              {}});
}

// The fetching layer has compared both already; here it is the bytes that are really taken.
Expected<> compare_with_known(const InstallItem& item, ByteView bytes) {
    if (item.wheel.size && *item.wheel.size != bytes.size()) {
        return refused(item, "it has another size than it should have",
                       {fmt::format("Expected {} bytes", *item.wheel.size),
                        fmt::format("Computed {} bytes", bytes.size())});
    }
    const auto known = item.wheel.hashes.find("sha256");
    if (known == item.wheel.hashes.end()) {
        return {};
    }
    const std::string computed = sha256_hex(bytes);
    if (to_lower_ascii(known->second) != computed) {
        return refused(item, "it has another hash than it should have",
                       {"Expected sha256 " + known->second, "Computed sha256 " + computed});
    }
    return {};
}

bool is_compiled(const CheckedWheel& wheel, const WheelFile& file) {
    return file.path.ends_with(".py") && !file.path.starts_with(wheel.dist_info + "/");
}

std::string cached_name(std::string_view path) {
    const std::size_t name = path.rfind('/') + 1; // 0 without a folder
    return fmt::format("{}__pycache__/{}.cpython-313.pyc", path.substr(0, name),
                       path.substr(name, path.size() - name - 3));
}

struct Place {
    std::size_t draft = 0;
    std::size_t module = 0; // among the compiled files of the draft
};

struct Batch {
    std::vector<SourceModule> modules;
    std::vector<Place> places;
    std::uint64_t bytes = 0;
    Expected<std::vector<CompiledModule>> result;
};

// As many batches as threads, of about the same size, so that they end at the same time.
std::vector<Batch> make_batches(std::span<const WheelDraft> drafts) {
    struct Source {
        const WheelFile* file;
        Place place;
    };
    std::vector<Source> sources;
    std::uint64_t total = 0;
    for (std::size_t d = 0; d < drafts.size(); ++d) {
        std::size_t module = 0;
        for (const std::size_t kept : drafts[d].kept) {
            const WheelFile& file = drafts[d].checked.files[kept];
            if (is_compiled(drafts[d].checked, file)) {
                sources.push_back({&file, {d, module++}});
                total += file.source.size();
            }
        }
    }
    std::ranges::stable_sort(sources, std::greater{},
                             [](const Source& s) { return s.file->source.size(); });
    std::vector<Batch> batches(
        std::min(std::max<std::size_t>(useful_threads(), total / batch_bytes + 1), sources.size()));
    for (const Source& source : sources) {
        Batch& batch = *std::ranges::min_element(batches, {}, &Batch::bytes);
        batch.modules.push_back({fmt::format("/lib/site-packages/{}", source.file->path),
                                 to_text(source.file->source), true});
        batch.places.push_back(source.place);
        batch.bytes += source.file->source.size() + 1;
    }
    return batches;
}

// Owns what the pieces of an archive point to.
class Packer {
  public:
    void add(ZipPiece piece) { m_pieces.push_back(piece); }

    void add_stored(std::string path, Bytes content) {
        const Owned& owned = keep(std::move(path), std::move(content));
        m_pieces.push_back(stored_piece(owned.path, owned.content));
    }

    void add_packed(std::string path, Bytes content) {
        const std::uint32_t crc = crc32_of(content);
        const std::uint64_t size = content.size();
        const Owned& owned = keep(std::move(path), deflate_bytes(content));
        m_pieces.push_back({owned.path, zip::deflated, crc, size, owned.content});
    }

    Expected<Bytes> finish(std::string_view state) {
        std::ranges::sort(m_pieces, {}, &ZipPiece::path);
        m_pieces.push_back(stored_piece(state_member, as_bytes(state)));
        return assemble_zip(m_pieces);
    }

  private:
    struct Owned {
        std::string path;
        Bytes content;
    };

    const Owned& keep(std::string path, Bytes content) {
        m_owned.push_back(std::make_unique<Owned>(std::move(path), std::move(content)));
        return *m_owned.back();
    }

    std::vector<ZipPiece> m_pieces;
    std::vector<std::unique_ptr<Owned>> m_owned;
};

// Every import reads its module, but a program imports a part of what is installed: packing pays
// where the bytes saved for every start outweigh inflating. The rule and the figures are in
// docs/packages/installing.md.
bool is_packed(const Bytes& pyc) {
    constexpr std::size_t small = 512;
    return pyc.size() > small;
}

} // namespace

Expected<WheelDraft> draft_wheel(const InstallItem& item, const InstallOptions& options) {
    auto bytes = read_file(item.path, max_wheel_bytes);
    if (!bytes) {
        return propagate(bytes);
    }
    if (auto same = compare_with_known(item, *bytes); !same) {
        return propagate(same);
    }
    WheelDraft draft;
    draft.bytes = std::move(*bytes);
    WheelRequest request{item.wheel.filename,    draft.bytes,    item.name,       &item.version,
                         item.resolved_metadata, options.record, options.metadata};
    auto checked = check_wheel(request);
    if (!checked) {
        return propagate(checked);
    }
    draft.checked = std::move(*checked);
    const auto trimmed = options.trim ? find_trimmed(draft.checked.files, draft.checked.dist_info)
                                      : std::set<std::size_t>();
    for (std::size_t i = 0; i < draft.checked.files.size(); ++i) {
        if (!trimmed.contains(i)) {
            draft.kept.push_back(i);
        }
    }
    if (!trimmed.empty()) {
        draft.checked.details.push_back(
            fmt::format("trimmed {} files (tests, type stubs, sources of C), first {}",
                        trimmed.size(), draft.checked.files[*trimmed.begin()].path));
    }
    return draft;
}

Expected<std::vector<std::vector<CompiledModule>>>
compile_drafts(std::span<const WheelDraft> drafts, const CompileModules& compile) {
    std::vector<Batch> batches = make_batches(drafts);
    for_each_parallel(batches.size(),
                      [&](std::size_t i) { batches[i].result = compile(batches[i].modules); });
    std::vector<std::vector<CompiledModule>> modules(drafts.size());
    for (Batch& batch : batches) {
        if (!batch.result) {
            return propagate(batch.result, "compiling the packages");
        }
        if (batch.result->size() != batch.places.size()) {
            return fail(ErrorCode::internal, "the compiler gave another number of modules");
        }
        for (std::size_t i = 0; i < batch.places.size(); ++i) {
            auto& of_draft = modules[batch.places[i].draft];
            of_draft.resize(std::max(of_draft.size(), batch.places[i].module + 1));
            of_draft[batch.places[i].module] = std::move((*batch.result)[i]);
        }
    }
    return modules;
}

Expected<PreparedWheel> finish_draft(WheelDraft draft, std::vector<CompiledModule> modules) {
    const CheckedWheel& wheel = draft.checked;
    PreparedState state;
    state.dist_info = wheel.dist_info;
    state.warnings = wheel.warnings;
    state.details = wheel.details;
    state.record_agrees = wheel.record_agrees;
    Packer packer;
    std::set<std::string, std::less<>> words;
    std::size_t next_module = 0;
    for (const std::size_t kept : draft.kept) {
        const WheelFile& file = wheel.files[kept];
        const ZipMember& member = wheel.layout.members[file.member];
        ZipPiece piece = piece_of(draft.bytes, member); // as the wheel has packed it
        piece.path = file.path;
        packer.add(piece);
        state.files.push_back({file.path, file.hash, member.size});
        if (!is_compiled(wheel, file)) {
            continue;
        }
        add_import_words(as_text(file.source), words);
        CompiledModule& module = modules.at(next_module++);
        if (!module.failure.empty()) {
            state.details.push_back(
                fmt::format("not compiled: {}: {}", file.path, printable(module.failure)));
            continue;
        }
        std::string name = cached_name(file.path);
        state.files.push_back({name, record_hash(module.pyc), module.pyc.size()});
        if (is_packed(module.pyc)) {
            packer.add_packed(std::move(name), std::move(module.pyc));
        } else {
            packer.add_stored(std::move(name), std::move(module.pyc));
        }
    }
    std::ranges::sort(state.files, {}, &RecordedFile::path);
    state.words.assign(words.begin(), words.end());
    auto archive = packer.finish(write_prepared_state(state));
    if (!archive) {
        return propagate(archive);
    }
    auto layout = read_zip_layout(*archive, prepared_limits);
    if (!layout) {
        return propagate(layout);
    }
    return PreparedWheel{std::move(*archive), std::move(*layout), std::move(state)};
}

Expected<PreparedWheel> open_prepared(Bytes archive) {
    auto layout = read_zip_layout(archive, prepared_limits);
    if (!layout) {
        return propagate(layout);
    }
    if (layout->members.empty() || layout->members.back().name != state_member) {
        return fail(ErrorCode::archive, "not a prepared wheel");
    }
    const auto text = unpack_member(archive, layout->members.back());
    if (!text) {
        return propagate(text);
    }
    auto state = parse_prepared_state(as_text(*text));
    if (!state) {
        return propagate(state);
    }
    return PreparedWheel{std::move(archive), std::move(*layout), std::move(*state)};
}

} // namespace pymode
