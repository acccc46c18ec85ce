// SPDX-License-Identifier: MIT
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include "tests/unit/pep/vectors.hpp"

#include <cstdlib>
#include <fstream>
#include <map>

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace pymode::pep::test {

namespace {

struct Row {
    int passed = 0;
    int total = 0;
    std::string remark;
};

// Filled by the tests, printed by the listener below.
std::map<std::string, Row>& table() {
    static std::map<std::string, Row> rows;
    return rows;
}

std::string folder() {
    const char* shared = std::getenv("PYMODE_SHARED");
    return (shared != nullptr ? std::string(shared) : PYMODE_SOURCE_DIR "/../shared") + "/vectors";
}

class TablePrinter : public Catch::TestEventListenerBase {
  public:
    using TestEventListenerBase::TestEventListenerBase;

    void testRunEnded(const Catch::TestRunStats& /*stats*/) override {
        if (table().empty()) {
            return;
        }
        fmt::print("{:<34}{:>8}{:>8}\n", "vectors", "cases", "passed");
        int passed = 0;
        int total = 0;
        for (const auto& [name, row] : table()) {
            fmt::print("{:<34}{:>8}{:>8}  {}\n", name, row.total, row.passed, row.remark);
            passed += row.passed;
            total += row.total;
        }
        fmt::print("{:<34}{:>8}{:>8}\n", "all", total, passed);
    }
};

CATCH_REGISTER_LISTENER(TablePrinter)

} // namespace

Vectors::Vectors(std::string name) : m_name(std::move(name)) {
    const std::string path = folder() + "/" + m_name + ".json";
    std::ifstream file(path);
    if (!file) {
        remark("SKIPPED: no such file below " + folder() + " (PYMODE_SHARED names another folder)");
        WARN("no test vectors at " << path);
        return;
    }
    m_document = Json::parse(file);
    table()[m_name];
}

void Vectors::expect(bool passed, const std::string& what) {
    Row& row = table()[m_name];
    ++row.total;
    row.passed += passed ? 1 : 0;
    INFO(m_name << ": " << what);
    CHECK(passed);
}

void Vectors::remark(const std::string& text) {
    table()[m_name].remark = text;
}

void not_used_here(const std::string& name, const std::string& reason) {
    table()[name].remark = "not here: " + reason;
}

} // namespace pymode::pep::test
