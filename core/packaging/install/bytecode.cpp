// SPDX-License-Identifier: MIT
#include "core/packaging/install/bytecode.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <optional>

#include <fmt/format.h>

#include "core/base/parallel.hpp"
#include "core/base/text.hpp"
#include "core/packaging/install/record.hpp"
#include "core/packaging/install/zip_assembly.hpp"
#include "core/packaging/install/zip_bytes.hpp"

namespace pymode {

namespace {

// Of sources, for one compiler: enough that its start (40 ms) does not count, and not so much that
// nothing is seen or kept for long.
constexpr std::uint64_t batch_bytes = std::uint64_t{4} << 20;
constexpr std::uint64_t one_batch_bytes = std::uint64_t{128} << 10; // so little is not divided

// Every import reads its module, but a program imports a part of what is installed: packing pays
// where the bytes saved for every start outweigh inflating. The rule and the figures are in
// docs/packages/installing.md.
constexpr std::size_t stored_up_to = 512;

// A module on its way into the bytecode of its package.
struct Slot {
    const PackageModule* module = nullptr;
    std::size_t package = 0; // of those that are compiled
    Bytes content;           // packed
    ZipPiece piece;          // without path; its bytes are `content`
    std::string hash;
    std::string failure; // there is no content then
};

struct Work {
    std::span<const PackageModule> modules;
    std::span<Slot> slots; // by module
    std::atomic<std::size_t> left = 0;
    PackageBytecode result;
};

void pack(const Bytes& pyc, Slot& slot) {
    const bool deflated = pyc.size() > stored_up_to;
    slot.hash = record_hash(pyc);
    slot.content = deflated ? deflate_bytes(pyc) : pyc;
    slot.piece = {"", deflated ? zip::deflated : zip::stored, crc32_of(pyc), pyc.size(),
                  slot.content};
}

// The archive of one package, from all its slots.
Expected<PackageBytecode> assemble(std::span<const Slot> slots) {
    struct Member {
        std::string path;
        const Slot* slot;
    };
    BytecodeState state;
    std::vector<Member> members;
    for (const Slot& slot : slots) {
        if (slot.failure.empty()) {
            members.push_back({bytecode_path(slot.module->path), &slot});
        } else {
            state.failures.push_back(
                fmt::format("{}: {}", slot.module->path, printable(slot.failure)));
        }
    }
    std::ranges::sort(members, {}, &Member::path);
    std::vector<ZipPiece> pieces;
    for (const Member& member : members) {
        ZipPiece piece = member.slot->piece;
        piece.path = member.path;
        pieces.push_back(piece);
        state.hashes.push_back(member.slot->hash);
    }
    const std::string text = write_bytecode_state(state);
    pieces.push_back(stored_piece(state_member, as_bytes(text)));
    const auto archive = assemble_zip(pieces);
    return archive ? open_bytecode(to_text(*archive)) : propagate(archive);
}

// One run of the compilers, over the packages of which no bytecode is known.
class Compilation {
  public:
    Compilation(const ArchiveView& archive, const CompileFunction& compile,
                const BytecodeOptions& options, const BytecodeCache& cache)
        : m_archive(archive), m_compile(compile), m_options(options), m_cache(cache) {}

    void add(std::span<const PackageModule> modules);

    // By package, in the order in which they were added.
    Expected<std::vector<PackageBytecode>> run();

  private:
    std::vector<std::span<Slot>> make_batches();
    Expected<> compile_batch(std::span<Slot> batch);
    Expected<std::vector<SourceModule>> read_sources(std::span<const Slot> batch) const;
    Expected<> finish(Work& work);
    void report(std::size_t more, bool ended);

    ArchiveView m_archive;
    const CompileFunction& m_compile;
    const BytecodeOptions& m_options;
    const BytecodeCache& m_cache;
    std::vector<Slot> m_slots; // of all packages, in a row
    std::deque<Work> m_works;  // a deque: counters do not move
    std::mutex m_progress_mutex;
    std::size_t m_done = 0;
};

void Compilation::add(std::span<const PackageModule> modules) {
    const std::size_t package = m_works.size();
    Work& work = m_works.emplace_back();
    work.modules = modules;
    work.left = modules.size();
    for (const PackageModule& module : modules) {
        Slot slot;
        slot.module = &module;
        slot.package = package;
        m_slots.push_back(std::move(slot));
    }
}

// Neighbours stay together, so that packages are complete early.
std::vector<std::span<Slot>> Compilation::make_batches() {
    const auto size_of = [&](const Slot& slot) {
        return m_archive.layout.members[slot.module->member].size;
    };
    std::uint64_t total = 0;
    for (const Slot& slot : m_slots) {
        total += size_of(slot);
    }
    // The threads end at about the same time when each has equally many.
    const std::uint64_t rounds = total / (batch_bytes * useful_threads()) + 1;
    // More than there is, when little: empty modules do not need a compiler each.
    const std::uint64_t enough =
        total <= one_batch_bytes ? total + 1 : total / (rounds * useful_threads());
    std::vector<std::span<Slot>> batches;
    std::size_t begin = 0;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < m_slots.size(); ++i) {
        bytes += size_of(m_slots[i]);
        if (bytes >= enough || i + 1 == m_slots.size()) {
            batches.push_back(std::span(m_slots).subspan(begin, i + 1 - begin));
            begin = i + 1;
            bytes = 0;
        }
    }
    return batches;
}

// What is kept is found by the hashes in RECORD, by other projects too: they have to be true.
Expected<std::vector<SourceModule>> Compilation::read_sources(std::span<const Slot> batch) const {
    std::vector<SourceModule> sources;
    for (const Slot& slot : batch) {
        const PackageModule& module = *slot.module;
        auto content = unpack_member(m_archive.bytes, m_archive.layout.members[module.member]);
        if (!content) {
            return propagate(content);
        }
        if (record_hash(*content) != module.hash) {
            return fail(ErrorCode::archive,
                        fmt::format("{} was changed: it has another hash than RECORD says",
                                    printable(module.path)));
        }
        sources.push_back(
            {fmt::format("/lib/site-packages/{}", module.path), to_text(*content), true});
    }
    return sources;
}

Expected<> Compilation::compile_batch(std::span<Slot> batch) {
    if (m_options.cancel.cancelled()) {
        return fail(ErrorCode::cancelled, "interrupted while the packages were compiled");
    }
    auto sources = read_sources(batch);
    if (!sources) {
        return propagate(sources);
    }
    auto compiled = m_compile(*sources);
    if (!compiled) {
        return propagate(compiled, "compiling the packages");
    }
    if (compiled->size() != batch.size()) {
        return fail(ErrorCode::internal, "the compiler gave another number of modules");
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
        batch[i].failure = std::move((*compiled)[i].failure);
        if (batch[i].failure.empty()) {
            pack((*compiled)[i].pyc, batch[i]);
        }
    }
    for (const Slot& slot : batch) {
        Work& work = m_works[slot.package];
        if (--work.left > 0) {
            continue;
        }
        if (auto finished = finish(work); !finished) {
            return finished;
        }
    }
    report(batch.size(), false);
    return {};
}

Expected<> Compilation::finish(Work& work) {
    auto bytecode = assemble(work.slots);
    if (!bytecode) {
        return propagate(bytecode);
    }
    m_cache.store(work.modules, *bytecode);
    work.result = std::move(*bytecode);
    for (Slot& slot : work.slots) {
        slot.content = {};
    }
    return {};
}

void Compilation::report(std::size_t more, bool ended) {
    const std::lock_guard lock(m_progress_mutex);
    m_done += more;
    if (m_options.on_progress) {
        m_options.on_progress({m_done, m_slots.size(), ended});
    }
}

Expected<std::vector<PackageBytecode>> Compilation::run() {
    std::size_t begin = 0;
    for (Work& work : m_works) {
        work.slots = std::span(m_slots).subspan(begin, work.modules.size());
        begin += work.modules.size();
    }
    const auto batches = make_batches();
    std::vector<Expected<>> results(batches.size());
    std::atomic<bool> failed = false;
    report(0, false);
    for_each_parallel(batches.size(), [&](std::size_t i) {
        if (!failed) {
            results[i] = compile_batch(batches[i]);
            failed = failed || !results[i];
        }
    });
    report(0, true);
    for (Expected<>& result : results) {
        if (!result) {
            return propagate(result);
        }
    }
    m_cache.shrink();
    std::vector<PackageBytecode> bytecode;
    for (Work& work : m_works) {
        bytecode.push_back(std::move(work.result));
    }
    return bytecode;
}

} // namespace

Expected<std::vector<PackageBytecode>>
compile_packages(const ArchiveView& archive, std::span<const std::vector<PackageModule>> packages,
                 const CompileFunction& compile, const BytecodeOptions& options) {
    const auto cache = BytecodeCache::open(
        {.root = options.cache, .compiler = options.compiler, .log = options.log}, options.cancel);
    if (!cache) {
        return propagate(cache);
    }
    std::vector<std::optional<PackageBytecode>> known(packages.size());
    for_each_parallel(packages.size(), [&](std::size_t i) { known[i] = cache->load(packages[i]); });
    std::vector<std::size_t> missing;
    Compilation compilation(archive, compile, options, *cache);
    for (std::size_t i = 0; i < packages.size(); ++i) {
        if (!known[i]) {
            missing.push_back(i);
            compilation.add(packages[i]);
        }
    }
    if (!missing.empty()) {
        auto made = compilation.run();
        if (!made) {
            return propagate(made);
        }
        for (std::size_t i = 0; i < missing.size(); ++i) {
            known[missing[i]] = std::move((*made)[i]);
        }
    }
    std::vector<PackageBytecode> result;
    for (auto& bytecode : known) {
        result.push_back(std::move(*bytecode));
    }
    return result;
}

} // namespace pymode
