// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/explain.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

namespace pymode::pubgrub {

namespace {

constexpr std::size_t max_sentences = 40;

std::string_view needs(const Phrase& phrase) {
    return phrase.plural ? "need" : "needs";
}

std::string enumerate(const std::vector<std::string>& parts, std::string_view last) {
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) {
            text += i + 1 == parts.size() ? fmt::format(" {} ", last) : std::string(", ");
        }
        text += parts[i];
    }
    return text;
}

std::string describe_derived(const Incompatibility& one, const Language& language) {
    std::vector<Phrase> present;
    std::vector<std::string> present_texts;
    std::vector<std::string> missing;
    bool root = false;
    for (const PackageTerm& part : one.terms) {
        if (part.package == root_package) {
            root = true;
            continue;
        }
        if (part.term.positive) {
            present.push_back(language.versions(part.package, part.term.set));
            present_texts.push_back(present.back().text);
        } else {
            missing.push_back(language.requirement(part.package, part.term.set));
        }
    }
    const Phrase project = language.versions(root_package, pep::VersionSet::all());
    if (present.empty() && missing.empty()) {
        return fmt::format("the requirements of {} cannot be met", project.text);
    }
    if (root) {
        if (missing.empty() && !present.empty()) {
            return fmt::format("{} cannot be used with {}", project.text,
                               enumerate(present_texts, "and"));
        }
        present.insert(present.begin(), project);
        present_texts.insert(present_texts.begin(), project.text);
    }
    if (missing.empty()) {
        if (present.size() == 1) {
            return present[0].none.empty() ? fmt::format("{} cannot be used", present[0].text)
                                           : fmt::format("{} can be used", present[0].none);
        }
        return fmt::format("{} cannot be used together", enumerate(present_texts, "and"));
    }
    if (present.empty()) {
        return fmt::format("{} is required", enumerate(missing, "or"));
    }
    return fmt::format("{} {} {}", enumerate(present_texts, "and"),
                       present.size() == 1 ? needs(present[0]) : "together need",
                       enumerate(missing, "or"));
}

class Writer {
  public:
    Writer(const IncompatibilityStore& store, const Language& language)
        : m_store(store), m_language(language) {}

    std::vector<std::string> write(IncompatibilityId proof) {
        count_uses(proof);
        visit(proof, false);
        return std::move(m_sentences);
    }

  private:
    const Cause& cause(IncompatibilityId id) const { return m_store[id].cause; }
    bool is_derived(IncompatibilityId id) const { return cause(id).kind == CauseKind::derived; }
    bool is_obvious(IncompatibilityId id) const {
        const Cause& one = cause(id);
        return one.kind == CauseKind::root || (one.kind == CauseKind::dependency &&
                                               m_language.is_obvious(one.package, one.dependency));
    }
    std::string text(IncompatibilityId id) const { return describe(m_store[id], m_language); }
    // Two premises; what one and the same needs is said in one breath.
    std::string both(IncompatibilityId left, IncompatibilityId right) const {
        const Cause& a = cause(left);
        const Cause& b = cause(right);
        if (a.kind == CauseKind::dependency && b.kind == CauseKind::dependency &&
            a.package == b.package) {
            const Phrase who =
                m_language.versions(a.package, m_store[left].term_of(a.package)->set);
            if (who.text ==
                m_language.versions(b.package, m_store[right].term_of(b.package)->set).text) {
                return fmt::format("{} {} {} and {}", who.text, needs(who),
                                   m_language.requirement(a.dependency, a.wanted),
                                   m_language.requirement(b.dependency, b.wanted));
            }
        }
        return fmt::format("{} and {}", text(left), text(right));
    }
    // With the number of its sentence if it has one.
    std::string reference(IncompatibilityId id) const {
        const auto number = m_numbers.find(id);
        return number == m_numbers.end() ? text(id)
                                         : fmt::format("{} ({})", text(id), number->second);
    }

    // What is needed twice is said once and numbered. Steps that need no words are skipped.
    void count_uses(IncompatibilityId proof) {
        std::vector<IncompatibilityId> open = {proof};
        while (!open.empty()) {
            const IncompatibilityId id = open.back();
            open.pop_back();
            if (++m_uses[id] > 1 || !is_derived(id)) {
                continue;
            }
            open.push_back(cause(id).left);
            open.push_back(cause(id).right);
        }
    }

    void say(IncompatibilityId id, std::string premises, bool numbered) {
        std::string sentence = premises.empty() ? fmt::format("So {}", text(id))
                                                : fmt::format("{}, {}", premises, text(id));
        if (numbered || m_uses[id] > 1) {
            const int number = static_cast<int>(m_numbers.size()) + 1;
            m_numbers.emplace(id, number);
            sentence += fmt::format(" ({})", number);
        }
        m_sentences.push_back(std::move(sentence) + ".");
    }

    void visit(IncompatibilityId id, bool numbered) {
        if (!is_derived(id)) {
            // A proof of one step: a requirement that nothing can meet.
            m_sentences.push_back(fmt::format("Because {}, {}.", text(id),
                                              describe_derived(Incompatibility{}, m_language)));
            return;
        }
        if (m_numbers.contains(id)) {
            return;
        }
        const IncompatibilityId left = cause(id).left;
        const IncompatibilityId right = cause(id).right;
        if (is_obvious(left) || is_obvious(right)) {
            visit_with_obvious(id, is_obvious(left) ? right : left, numbered);
        } else if (is_derived(left) && is_derived(right)) {
            visit_two_derived(id, left, right, numbered);
        } else if (is_derived(left) || is_derived(right)) {
            const IncompatibilityId derived = is_derived(left) ? left : right;
            visit_one_derived(id, derived, derived == left ? right : left, numbered);
        } else {
            say(id, fmt::format("Because {}", both(left, right)), numbered);
        }
    }

    // A step that changes nothing in words is left out.
    bool is_said_by(IncompatibilityId id, IncompatibilityId derived, bool numbered) {
        if (text(id) != text(derived)) {
            return false;
        }
        visit(derived, numbered || m_uses[id] > 1);
        if (const auto number = m_numbers.find(derived); number != m_numbers.end()) {
            m_numbers.emplace(id, number->second);
        }
        return true;
    }

    void visit_with_obvious(IncompatibilityId id, IncompatibilityId other, bool numbered) {
        if (!is_derived(other)) {
            say(id, fmt::format("Because {}", text(other)), numbered);
            return;
        }
        if (is_said_by(id, other, numbered)) {
            return;
        }
        if (m_numbers.contains(other)) {
            say(id, fmt::format("Because {}", reference(other)), numbered);
            return;
        }
        visit(other, false);
        say(id, "", numbered);
    }

    void visit_one_derived(IncompatibilityId id, IncompatibilityId derived,
                           IncompatibilityId external, bool numbered) {
        if (is_said_by(id, derived, numbered)) {
            return;
        }
        if (m_numbers.contains(derived)) {
            say(id, fmt::format("Because {} and {}", text(external), reference(derived)), numbered);
            return;
        }
        const Cause& inner = cause(derived);
        const bool left_derived = is_derived(inner.left);
        if (m_uses[derived] == 1 && left_derived != is_derived(inner.right)) {
            const IncompatibilityId deeper = left_derived ? inner.left : inner.right;
            const IncompatibilityId also = left_derived ? inner.right : inner.left;
            if (!is_obvious(also) && !m_numbers.contains(deeper)) {
                visit(deeper, false);
                say(id, fmt::format("And because {}", both(also, external)), numbered);
                return;
            }
        }
        visit(derived, false);
        say(id, fmt::format("And because {}", text(external)), numbered);
    }

    void visit_two_derived(IncompatibilityId id, IncompatibilityId left, IncompatibilityId right,
                           bool numbered) {
        const bool left_said = m_numbers.contains(left);
        const bool right_said = m_numbers.contains(right);
        if (left_said && right_said) {
            say(id, fmt::format("Because {} and {}", reference(left), reference(right)), numbered);
        } else if (left_said || right_said) {
            visit(left_said ? right : left, false);
            say(id, fmt::format("And because {}", reference(left_said ? left : right)), numbered);
        } else {
            visit(left, true);
            visit(right, false);
            say(id, fmt::format("And because {}", reference(left)), numbered);
        }
    }

    const IncompatibilityStore& m_store;
    const Language& m_language;
    std::map<IncompatibilityId, int> m_uses;
    std::map<IncompatibilityId, int> m_numbers;
    std::vector<std::string> m_sentences;
};

} // namespace

std::string describe(const Incompatibility& incompatibility, const Language& language) {
    const Cause& cause = incompatibility.cause;
    switch (cause.kind) {
    case CauseKind::dependency: {
        const Phrase who =
            language.versions(cause.package, incompatibility.term_of(cause.package)->set);
        return fmt::format("{} {} {}", who.text, needs(who),
                           language.requirement(cause.dependency, cause.wanted));
    }
    case CauseKind::unavailable:
        return language.unavailable(cause.package, incompatibility.terms[0].term.set);
    case CauseKind::constraint:
        return language.forbidden(cause.package, incompatibility.terms[0].term.set);
    case CauseKind::root:
    case CauseKind::derived:
        break;
    }
    return describe_derived(incompatibility, language);
}

std::vector<std::string> explain(const IncompatibilityStore& store, IncompatibilityId proof,
                                 const Language& language) {
    std::vector<std::string> sentences = Writer(store, language).write(proof);
    if (sentences.size() > max_sentences) {
        const std::size_t left_out = sentences.size() - max_sentences;
        sentences.erase(sentences.begin(),
                        sentences.begin() + static_cast<std::ptrdiff_t>(left_out));
        sentences.insert(sentences.begin(), fmt::format("({} steps are left out.)", left_out));
    }
    return sentences;
}

} // namespace pymode::pubgrub
