// SPDX-License-Identifier: MIT
#include "cli/local_storage.hpp"

#include <fmt/format.h>

#include "core/base/file.hpp"

namespace pymode {

class LocalStorage {
  public:
    LocalStorage(TempDir work, WorkerSession session, Log log)
        : m_work(std::move(work)), m_session(std::move(session)), m_log(std::move(log)) {}
    ~LocalStorage() {
        if (const Expected<> stopped = m_session.stop(); !stopped) {
            m_log.info("local: workerd did not end: {}", stopped.error().message);
        }
    }
    LocalStorage(const LocalStorage&) = delete;
    LocalStorage& operator=(const LocalStorage&) = delete;

    [[nodiscard]] const std::string& url() const { return m_session.url(); }

  private:
    TempDir m_work; // goes away when nothing runs in it any more
    WorkerSession m_session;
    Log m_log;
};

void add_local_option(CLI::App& command, ResourceOptions& options) {
    command.add_flag("--local", options.local,
                     "What `pymode dev` keeps, not what is at Cloudflare");
}

Expected<Project> find_local_project(CliContext& context, const ResourceOptions& options) {
    Expected<std::optional<Project>> project = find_project(context, options);
    if (!project) {
        return propagate(project);
    }
    return *project ? Expected<Project>(std::move(**project))
                    : fail(ErrorCode::usage, "--local is about a project, and there is none here",
                           "name its folder with --project");
}

Expected<AccountAccess> open_local(CliContext& context, Project project,
                                   const LocalResource& resource) {
    const Expected<fs::path> self = self_executable();
    if (!self) {
        return propagate(self);
    }
    Expected<NodeTools> tools =
        find_node_tools({project.root, *self, context.env, context.console.log()});
    if (!tools) {
        return propagate(tools);
    }
    Expected<TempDir> work = TempDir::create();
    if (!work) {
        return propagate(work);
    }
    Expected<WorkerSession> session = serve_local_storage(
        {context.clock, context.env, context.cancel, context.assets, std::move(*tools)},
        work->path(), local_state(project.root), resource);
    if (!session) {
        return propagate(session);
    }
    auto local = std::make_shared<LocalStorage>(std::move(*work), std::move(*session),
                                                context.console.log());
    Expected<std::unique_ptr<CloudflareSession>> api =
        CloudflareSession::open_local(context, local->url());
    if (!api) {
        return propagate(api);
    }
    return AccountAccess{std::move(local), std::move(*api), std::string(kLocalAccount),
                         std::move(project)};
}

} // namespace pymode
