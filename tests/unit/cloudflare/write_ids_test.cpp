// SPDX-License-Identifier: MIT
#include "core/cloudflare/write_ids.hpp"

#include <filesystem>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "core/base/file.hpp"
#include "tests/unit/cloudflare/workers_fixture.hpp"

using namespace pymode;

namespace {

WorkerConfig worker_of(const std::string& file, const std::string& text,
                       const std::string& environment) {
    if (file != "pyproject.toml") {
        return test::worker_from_wrangler(file, text, environment);
    }
    return read_config({parse_toml(file, text).value()}, environment).value().worker;
}

// The resources of all bindings of the text that lack theirs; the n-th has the id "id-n".
std::vector<Resource> resources_of(const std::string& file, const std::string& text,
                                   const std::string& environment = "") {
    std::vector<Resource> resources;
    for (const Binding& binding : worker_of(file, text, environment).bindings) {
        if (binding.lacks_resource()) {
            Resource resource;
            resource.kind = binding.kind;
            resource.binding = binding.name;
            resource.id = "id-" + std::to_string(resources.size() + 1);
            resource.state = Resource::State::created;
            resource.is_new_to_configuration = true;
            resource.where = binding.where;
            resources.push_back(std::move(resource));
        }
    }
    return resources;
}

struct Row {
    std::string about;
    std::string file;
    std::string before;
    std::string after;
    std::string environment = "";
};

const std::string kHead = "[project]\nname = \"w\"\n";

const Row kRows[] = {
    {"a table of pyproject.toml, with comments around", "pyproject.toml",
     kHead + "# the cache\n[[tool.pymode.kv-namespaces]] # here\nbinding = \"A\"  # its name\n"
             "# below\n\n[tool.other]\nx = 1\n",
     kHead + "# the cache\n[[tool.pymode.kv-namespaces]] # here\nbinding = \"A\"  # its name\n"
             "id = \"id-1\"\n# below\n\n[tool.other]\nx = 1\n"},
    {"no line end at the end", "pyproject.toml",
     kHead + "[[tool.pymode.kv-namespaces]]\nbinding = \"A\"",
     kHead + "[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\nid = \"id-1\""},
    {"inline tables in a list", "pyproject.toml",
     kHead + "[tool.pymode]\nkv-namespaces = [\n    { binding = \"A\" }, # first\n    {binding = "
             "'B', preview-id = \"p\"},\n]\n",
     kHead + "[tool.pymode]\nkv-namespaces = [\n    { binding = \"A\", id = \"id-1\" }, # first\n "
             "   {binding = 'B', preview-id = \"p\", id = \"id-2\"},\n]\n"},
    {"keys with dashes", "pyproject.toml",
     kHead + "[[tool.pymode.d1-databases]]\nbinding = \"DB\"\ndatabase-name = \"d\"\n",
     kHead + "[[tool.pymode.d1-databases]]\nbinding = \"DB\"\ndatabase-name = \"d\"\n"
             "database-id = \"id-1\"\n"},
    {"keys with underscores", "pyproject.toml",
     kHead + "[[tool.pymode.d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"d\"\n",
     kHead + "[[tool.pymode.d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"d\"\n"
             "database_id = \"id-1\"\n"},
    {"several kinds, line ends of Windows, indented", "pyproject.toml",
     "[project]\r\nname = \"w\"\r\n[[tool.pymode.r2-buckets]]\r\n\tbinding = \"R\"\r\n"
     "[[tool.pymode.queues.producers]]\r\nbinding = \"Q\"\r\n",
     "[project]\r\nname = \"w\"\r\n[[tool.pymode.r2-buckets]]\r\n\tbinding = \"R\"\r\n\t"
     "bucket-name = \"id-2\"\r\n[[tool.pymode.queues.producers]]\r\nbinding = \"Q\"\r\n"
     "queue = \"id-1\"\r\n"},
    {"letters of more than a byte before it", "pyproject.toml",
     kHead + "[tool.pymode]\nkv-namespaces = [{ preview-id = \"äöü\", binding = \"A\" }, "
             "{ binding = \"B\" }]\n",
     kHead + "[tool.pymode]\nkv-namespaces = [{ preview-id = \"äöü\", binding = \"A\", "
             "id = \"id-1\" }, { binding = \"B\", id = \"id-2\" }]\n"},
    {"an environment of pyproject.toml", "pyproject.toml",
     kHead + "[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\n"
             "[[tool.pymode.environments.staging.kv-namespaces]]\nbinding = \"A\"\n",
     kHead + "[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\n"
             "[[tool.pymode.environments.staging.kv-namespaces]]\nbinding = \"A\"\n"
             "id = \"id-1\"\n",
     "staging"},
    {"wrangler.toml", "wrangler.toml",
     "name = \"w\"\nmain = \"a.py\"\n[[r2_buckets]]\nbinding = \"R\"\n",
     "name = \"w\"\nmain = \"a.py\"\n[[r2_buckets]]\nbinding = \"R\"\nbucket_name = \"id-1\"\n"},
    {"an object over several lines", "wrangler.jsonc",
     "{\n  \"name\": \"w\", // the name\n  \"kv_namespaces\": [\n    {\n      \"binding\": \"A\"\n"
     "    }\n  ]\n}\n",
     "{\n  \"name\": \"w\", // the name\n  \"kv_namespaces\": [\n    {\n      \"binding\": \"A\",\n"
     "      \"id\": \"id-1\"\n    }\n  ]\n}\n"},
    {"comments behind the last member stay with it", "wrangler.jsonc",
     "{ \"name\": \"w\", \"kv_namespaces\": [\n\t{\n\t\t\"binding\": \"A\" // mine, } and "
     "\"\n\t},\n"
     "\t{\n\t\t\"binding\": \"B\", /* yours */\n\t\t// nothing more\n\t}\n] }",
     "{ \"name\": \"w\", \"kv_namespaces\": [\n\t{\n\t\t\"binding\": \"A\", // mine, } and \"\n\t\t"
     "\"id\": \"id-1\"\n\t},\n\t{\n\t\t\"binding\": \"B\", /* yours */\n\t\t\"id\": \"id-2\",\n\t\t"
     "// nothing more\n\t}\n] }"},
    {"objects on one line, and a comma at the end", "wrangler.json",
     "{\"name\":\"w\",\"kv_namespaces\":[{\"binding\":\"A\"},{ \"binding\": \"B\", }]}",
     "{\"name\":\"w\",\"kv_namespaces\":[{\"binding\":\"A\", \"id\": \"id-1\"},{ \"binding\": "
     "\"B\", \"id\": \"id-2\", }]}"},
    {"a last member that is an object with brackets in strings", "wrangler.jsonc",
     "{\n\"name\": \"w\",\n\"r2_buckets\": [{\n  \"binding\": \"R\",\n  \"local_dev\": { \"a\": "
     "[\"}]\\\"\", 1.5e3, true /* ] */ ] }\n}]}",
     "{\n\"name\": \"w\",\n\"r2_buckets\": [{\n  \"binding\": \"R\",\n  \"local_dev\": { \"a\": "
     "[\"}]\\\"\", 1.5e3, true /* ] */ ] },\n  \"bucket_name\": \"id-1\"\n}]}"},
    {"a last member that is a word", "wrangler.json",
     "{\"name\": \"w\", \"kv_namespaces\": [{\"binding\": \"A\", \"remote\": false}]}\r\n",
     "{\"name\": \"w\", \"kv_namespaces\": [{\"binding\": \"A\", \"remote\": false, \"id\": "
     "\"id-1\"}]}\r\n"},
    {"a comment that goes on over the next line", "wrangler.jsonc",
     "{\n\"name\": \"w\",\n\"kv_namespaces\": [{\n  \"binding\": \"A\" /* a\n b */\n}]}",
     "{\n\"name\": \"w\",\n\"kv_namespaces\": [{\n  \"binding\": \"A\", \"id\": \"id-1\" /* a\n b "
     "*/\n}]}"},
    {"an environment of wrangler.jsonc", "wrangler.jsonc",
     "{\"name\": \"w\",\r\n\"env\": {\"staging\": {\"queues\": {\"producers\": [\r\n  {\r\n    "
     "\"binding\": \"Q\"\r\n  }\r\n]}}}}",
     "{\"name\": \"w\",\r\n\"env\": {\"staging\": {\"queues\": {\"producers\": [\r\n  {\r\n    "
     "\"binding\": \"Q\",\r\n    \"queue\": \"id-1\"\r\n  }\r\n]}}}}",
     "staging"},
};

} // namespace

TEST_CASE("ids are inserted, and every other byte stays") {
    for (const Row& row : kRows) {
        CAPTURE(row.about);
        const auto resources = resources_of(row.file, row.before, row.environment);
        REQUIRE_FALSE(resources.empty());
        const auto text = with_ids_written(row.file, row.before, resources);
        if (!text) {
            FAIL(format_error(text.error(), Colour::no));
        }
        CHECK(*text == row.after);
        // The bindings have ids now, so there is no place for them a second time.
        CHECK_FALSE(with_ids_written(row.file, *text, resources));
    }
}

TEST_CASE("a file that changed since is refused") {
    const std::string before = kHead + "[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\n";
    const auto resources = resources_of("pyproject.toml", before);
    const std::string changed[] = {
        kHead + "\n[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\n",
        kHead + "[[tool.pymode.kv-namespaces]]\nbinding = \"B\"\n",
        kHead + "[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\nid = \"x\"\n",
        kHead,
    };
    for (const std::string& text : changed) {
        CAPTURE(text);
        const auto written = with_ids_written("pyproject.toml", text, resources);
        REQUIRE_FALSE(written);
        CHECK(written.error().message ==
              "pyproject.toml has changed since it was read, so no ids were written");
    }
    CHECK_FALSE(with_ids_written("pyproject.toml", "[", resources));
}

TEST_CASE("the file is replaced as a whole, with its mode, and links stay") {
    const auto folder = TempDir::create();
    REQUIRE(folder);
    const std::string before = kHead + "[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\n";
    const fs::path real = folder->path() / "real.toml";
    REQUIRE(write_file_atomic(real, before, 0600));
    fs::create_symlink("real.toml", folder->path() / "pyproject.toml");

    const auto resources = resources_of("pyproject.toml", before);
    CHECK(write_ids(folder->path(), "pyproject.toml", resources) == std::size_t{1});
    CHECK(read_text_file(real, 1 << 20) == before + "id = \"id-1\"\n");
    CHECK(fs::is_symlink(folder->path() / "pyproject.toml"));
    CHECK((fs::status(real).permissions() & fs::perms::all) ==
          (fs::perms::owner_read | fs::perms::owner_write));

    // Now the binding has one.
    const auto again = write_ids(folder->path(), "pyproject.toml", resources);
    REQUIRE_FALSE(again);
    CHECK(again.error().notes == std::vector<std::string>{"the binding A: id = \"id-1\""});
    CHECK(write_ids(folder->path(), "pyproject.toml", {}) == std::size_t{0});
    CHECK_FALSE(write_ids(folder->path(), "wrangler.toml", resources));
}
