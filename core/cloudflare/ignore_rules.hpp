// SPDX-License-Identifier: MIT
// Which files of a folder are left out, in the syntax of .gitignore (git's gitignore(5)).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pymode {

class IgnoreRules {
  public:
    // Every text is a set of rules; nothing in it is an error.
    static IgnoreRules parse(std::string_view text);

    // About the entry itself ("img/a.png", relative to the folder of the rules): whoever walks the
    // tree does not enter a folder that is ignored. The last rule that matches decides.
    [[nodiscard]] bool ignores(std::string_view path, bool is_folder) const;

  private:
    struct Rule {
        std::vector<std::string> parts; // between slashes; "**" stands for any number of folders
        bool negated = false;
        bool only_folders = false;
    };

    std::vector<Rule> m_rules;
};

} // namespace pymode
