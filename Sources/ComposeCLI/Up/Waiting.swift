import CommandLine
import Compose
import DockerCLI
import JSON
import NIOHTTP1
import Wire

/// Waits for containers to be healthy, or to have ended well; told by the daemon's events.
struct Waiting: Sendable {
    let context: ComposeContext
    let api: ProjectAPI
    let progress: ProgressReport

    private enum Verdict { case waiting, done, failed(String) }

    func run(_ dependency: Service.Dependency, _ containers: [ProjectContainer]) async throws {
        guard !containers.isEmpty else { return }
        let isCompletion = dependency.condition == .completed
        do {
            try await watch(containers, isCompletion ? "Exited" : "Healthy") { json in
                isCompletion ? completed(json, dependency.service) : health(json, fallsBack: false)
            }
        } catch let failure as WaitFailure {
            let text = isCompletion ? failure.description : "dependency failed to start: \(failure)"
            guard dependency.required else {
                for container in containers {
                    progress.event(
                        container.title, .warning,
                        "Skipped: optional dependency \(GoText.quote(dependency.service)) failed to start")
                }
                return context.warn(
                    "optional dependency \(GoText.quote(dependency.service)) failed to start: \(failure)")
            }
            for container in containers { progress.event(container.title, .error, "Error") }
            throw Failure(text)
        }
    }

    /// Until they run, or are healthy where they have a check.
    func untilUp(_ containers: [ProjectContainer]) async throws {
        do { try await watch(containers, "Healthy") { health($0, fallsBack: true) } } catch let failure as WaitFailure {
            throw Failure(failure.description)
        }
    }

    private struct WaitFailure: Error, CustomStringConvertible { let description: String }

    private func watch(
        _ containers: [ProjectContainer], _ ends: String, _ judge: @escaping @Sendable (JSON) -> Verdict
    ) async throws {
        for container in containers { progress.event(container.title, .working, "Waiting") }
        try await Parallel.forEach(containers) { container in
            // Events are asked for first: what happens between the two requests isn't missed.
            let events = try await api.client.send(
                .GET, "/events", [ProjectAPI.filters([], [("container", container.id), ("type", "container")])])
            defer { events.cancel() }
            let stream = api.client.documents(events)
            while true {
                switch judge(try await api.inspect(container.id)) {
                case .done: return progress.event(container.title, .done, ends)
                case .failed(let text): throw WaitFailure(description: text)
                case .waiting: break
                }
                guard try await stream.next() != nil else { throw Failure("the daemon's events have ended") }
            }
        }
    }

    private func name(_ json: JSON) -> String { String((json["Name"].string ?? "").dropFirst()) }

    private func health(_ json: JSON, fallsBack: Bool) -> Verdict {
        let state = json["State"]
        let hasCheck = state["Health"].object != nil && state["Health", "Status"].string != "none"
        if ["exited", "dead"].contains(state["Status"].string ?? "") {
            return .failed("container \(name(json)) exited (\(state["ExitCode"].int ?? 0))")
        }
        if !hasCheck {
            guard fallsBack else { return .failed("container \(name(json)) has no healthcheck configured") }
            return state["Running"].bool == true ? .done : .waiting
        }
        switch state["Health", "Status"].string {
        case "healthy": return .done
        case "unhealthy": return .failed("container \(name(json)) is unhealthy")
        default: return .waiting
        }
    }

    private func completed(_ json: JSON, _ service: String) -> Verdict {
        let state = json["State"]
        guard state["Status"].string == "exited" else { return .waiting }
        let code = state["ExitCode"].int ?? 0
        return code == 0
            ? .done : .failed("service \(GoText.quote(service)) didn't complete successfully: exit \(code)")
    }
}
