// SPDX-License-Identifier: MIT
// Writing a lock file, always the same way.
#include <algorithm>
#include <utility>

#include "core/pep/pylock.hpp"

namespace pymode::pep {

namespace {

template <class T> void put(Value& table, const char* key, const std::optional<T>& value) {
    if (value) {
        table[key] = *value;
    }
}

// Keys in the standard's order.
Value file_table(const LockFile& file) {
    Value table = Value::object();
    put(table, "name", file.name);
    if (file.upload_time) {
        table["upload-time"] = {{"$datetime", *file.upload_time}};
    }
    put(table, "url", file.url);
    put(table, "path", file.path);
    put(table, "size", file.size);
    table["hashes"] = file.hashes;
    put(table, "subdirectory", file.subdirectory);
    return table;
}

Value directory_table(const LockDirectory& directory) {
    Value table = Value::object();
    table["path"] = directory.path;
    put(table, "editable", directory.editable);
    put(table, "subdirectory", directory.subdirectory);
    return table;
}

Value repository_table(const LockRepository& repository) {
    Value table = Value::object();
    table["type"] = repository.type;
    put(table, "url", repository.url);
    put(table, "path", repository.path);
    put(table, "requested-revision", repository.requested_revision);
    table["commit-id"] = repository.commit_id;
    put(table, "subdirectory", repository.subdirectory);
    return table;
}

class Writer {
  public:
    void line(const std::string& text) { m_text += text + '\n'; }

    void field(const std::string& key, const Value& value) {
        line(to_toml_key(key) + " = " + to_inline_toml(value));
    }

    // An array with one item a line, so that a change of one item is a change of one line.
    void list(const std::string& key, const std::vector<Value>& items) {
        if (items.empty()) {
            return;
        }
        line(to_toml_key(key) + " = [");
        for (const Value& item : items) {
            line("    " + to_inline_toml(item) + ",");
        }
        line("]");
    }

    std::string take() { return std::move(m_text); }

  private:
    std::string m_text;
};

std::vector<Value> sorted_files(const std::vector<LockFile>& files) {
    std::vector<const LockFile*> sorted;
    for (const LockFile& file : files) {
        sorted.push_back(&file);
    }
    std::ranges::stable_sort(sorted, {}, [](const LockFile* file) { return file->file_name(); });
    std::vector<Value> tables;
    for (const LockFile* file : sorted) {
        tables.push_back(file_table(*file));
    }
    return tables;
}

std::vector<Value> sorted_tables(std::vector<Value> tables) {
    std::ranges::stable_sort(tables, {}, [](const Value& table) { return to_inline_toml(table); });
    return tables;
}

void write_package(Writer& writer, const LockPackage& package) {
    writer.line("");
    writer.line("[[packages]]");
    writer.field("name", package.name);
    if (package.version) {
        writer.field("version", package.version->to_string());
    }
    if (package.marker) {
        writer.field("marker", package.marker->to_string());
    }
    if (package.requires_python) {
        writer.field("requires-python", package.requires_python->to_string());
    }
    writer.list("dependencies", sorted_tables(package.dependencies));
    if (package.vcs) {
        writer.field("vcs", repository_table(*package.vcs));
    }
    if (package.directory) {
        writer.field("directory", directory_table(*package.directory));
    }
    if (package.archive) {
        writer.field("archive", file_table(*package.archive));
    }
    if (package.index) {
        writer.field("index", *package.index);
    }
    if (package.sdist) {
        writer.field("sdist", file_table(*package.sdist));
    }
    writer.list("wheels", sorted_files(package.wheels));
    writer.list("attestation-identities", package.attestation_identities);
    if (package.tool.is_object()) {
        writer.field("tool", package.tool);
    }
}

void write_top(Writer& writer, const Lock& lock) {
    writer.field("lock-version", lock.lock_version.to_string());
    if (lock.environments) {
        Value texts = Value::array();
        for (const Marker& marker : *lock.environments) {
            texts.push_back(marker.to_string());
        }
        writer.field("environments", texts);
    }
    if (lock.requires_python) {
        writer.field("requires-python", lock.requires_python->to_string());
    }
    // Both are written when they are empty too: "none" is a statement.
    writer.field("extras", lock.extras);
    writer.field("dependency-groups", lock.dependency_groups);
    if (!lock.default_groups.empty()) {
        writer.field("default-groups", lock.default_groups);
    }
    writer.field("created-by", lock.created_by);
}

} // namespace

std::string write_lock(const Lock& lock) {
    Writer writer;
    write_top(writer, lock);
    if (lock.packages.empty()) {
        writer.line("packages = []");
    }
    std::vector<const LockPackage*> packages;
    for (const LockPackage& package : lock.packages) {
        packages.push_back(&package);
    }
    std::ranges::stable_sort(packages, [](const LockPackage* a, const LockPackage* b) {
        return a->name != b->name ? a->name < b->name : a->version < b->version;
    });
    for (const LockPackage* package : packages) {
        write_package(writer, *package);
    }
    if (lock.tool.is_object()) {
        for (const auto& [name, table] : lock.tool.items()) {
            if (!table.is_object()) {
                continue; // the standard has tables only below "tool"
            }
            writer.line("");
            writer.line("[tool." + to_toml_key(name) + "]");
            for (const auto& [key, value] : table.items()) {
                writer.field(key, value);
            }
        }
    }
    return writer.take();
}

} // namespace pymode::pep
