import Compose
import DockerCLI
import JSON

/// Stops and removes containers.
struct Removal: Sendable {
    let context: ComposeContext
    let project: Project
    let api: ProjectAPI
    let progress: ProgressReport

    func stop(_ container: ProjectContainer, _ service: Service?, timeout: Int?) async throws {
        progress.event(container.title, .working, "Stopping")
        if context.options.dryRun { return progress.event(container.title, .done, "Stopped") }
        do {
            if container.isRunning {
                for hook in service?.json["pre_stop"].array ?? [] {
                    if let service { try await Hook(api: api).run(hook, in: container, service) }
                }
            }
            try await api.stop(container.id, timeout: timeout)
        } catch let error as DaemonError where error.isNotFound {
            return progress.event(container.title, .done, "Removed")
        } catch {
            progress.event(container.title, .error, "Error while Stopping")
            throw error
        }
        progress.event(container.title, .done, "Stopped")
    }

    func stopAndRemove(_ container: ProjectContainer, _ service: Service?, timeout: Int?, volumes: Bool) async throws {
        try await stop(container, service, timeout: timeout)
        try await remove(container, volumes: volumes)
    }

    func remove(_ container: ProjectContainer, volumes: Bool) async throws {
        progress.event(container.title, .working, "Removing")
        do { if !context.options.dryRun { try await api.remove(container.id, volumes: volumes) } } catch let error
            as DaemonError
            where error.isNotFound || error.status == 409
        {} catch {
            progress.event(container.title, .error, "Error while Removing")
            throw error
        }
        progress.event(container.title, .done, "Removed")
    }
}
