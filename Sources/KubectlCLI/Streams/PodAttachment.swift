import CommandLine
import Fault
import JSON
import KubeClient
import KubeModel

/// Joins a running container.
struct PodAttachment: Sendable {
    let session: Session
    let item: Item
    let container: String
    let takesInput: Bool
    let wantsTerminal: Bool
    let isQuiet: Bool
    /// How long to wait for the pod, in nanoseconds.
    var timeout: Int64 = 0
    /// `--detach-keys`; "": the usual ones.
    var detachKeys = ""

    static let usualKeys = "ctrl-p,ctrl-q"

    /// Waits until the pod runs; one that has ended already has its log printed instead.
    func runFromStart() async throws {
        let name = item.name
        let state: JSON
        do {
            state = try await Following(session: session).until(item, within: Double(timeout) / 1e9) { state in
                guard case .there(let pod) = state else {
                    throw APIStatus(code: 404, reason: "NotFound", message: "pods \(name.quoted) not found")
                }
                switch pod["status"]["phase"].string {
                case "Failed", "Succeeded": return pod
                case "Running":
                    let ready = (pod["status"]["conditions"].array ?? []).contains {
                        $0["type"].string == "Ready" && $0["status"].string == "True"
                    }
                    return ready ? .some(pod) : .none
                default: return nil
                }
            }
        } catch is Following.OutOfTime {
            throw Refusal("timed out waiting for the condition")
        }
        let phase = state["status"]["phase"].string
        if phase == "Failed" || phase == "Succeeded" { try await log() } else { try await attachOrLog() }
        try await reportEnd()
    }

    /// Where nobody can attach, what the container prints is followed instead.
    func attachOrLog() async throws {
        do { try await attach() } catch {
            let why = (error as? APIStatus)?.message ?? (error as? Refusal)?.description ?? sentence(error)
            session.err.line(
                "warning: couldn't attach to pod/\(item.name), falling back to streaming logs: \(why)")
            try await log()
        }
    }

    func log() async throws {
        try await Logging(session: session).stream("\(item.path)/log", [("container", container)], prefix: "")
    }

    func attach() async throws {
        let (isTerminal, isRaw) = terminal()
        if !isQuiet {
            session.err.line(
                "All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\nIf you don't see a command prompt, try pressing enter."
            )
        }
        var stream = PodStream(session: session, takesInput: takesInput, isTerminal: isTerminal)
        if isRaw {
            let text = detachKeys.isEmpty ? Self.usualKeys : detachKeys
            guard let keys = DetachKeys(parsing: text) else {
                throw Refusal("could not bind detach keys: Unknown character: '\(text)'")
            }
            stream.detachKeys = keys
        }
        try await stream.run(
            "\(item.path)/attach", [("container", container)] + StreamQuery.of(takesInput, isTerminal))
        if isRaw, !isQuiet { session.out.line(reattachment) }
    }

    /// Whether the container's terminal is used, and whether this process's becomes a part of it.
    private func terminal() -> (isTerminal: Bool, isRaw: Bool) {
        let hasTerminal = description["tty"].bool == true
        if wantsTerminal, !hasTerminal, !isQuiet {
            session.err.line("error: Unable to use a TTY - container \(container) did not allocate one")
        }
        guard hasTerminal else { return (false, false) }
        // The container's streams are one: asked for apart, they would not come.
        guard takesInput else { return (true, false) }
        if session.input.isTerminal { return (true, true) }
        if !isQuiet {
            session.err.line("Unable to use a TTY - input is not a terminal or the right kind of file")
        }
        return (!wantsTerminal, false)
    }

    private var description: JSON {
        ["containers", "initContainers", "ephemeralContainers"].flatMap { item.object["spec"][$0].array ?? [] }
            .first { $0["name"].string == container } ?? .null
    }

    private var reattachment: String {
        let line = "kubectl attach \(item.name) -c \(container) -n \(item.namespace) -i -t"
        let isEphemeral = (item.object["spec"]["ephemeralContainers"].array ?? []).contains {
            $0["name"].string == container
        }
        return isEphemeral
            ? "Session ended, the ephemeral container will not be restarted but may be reattached using '\(line)' if it is still running"
            : "Session ended, resume using '\(line)' command"
    }

    /// The container's exit code becomes ours, where the pod isn't begun anew.
    private func reportEnd() async throws {
        guard item.object["spec"]["restartPolicy"].string == "Never" else { return }
        let container = container
        let code = try? await Following(session: session).until(item, within: Double(timeout) / 1e9) {
            state -> Int32? in
            guard case .there(let pod) = state else { return 0 }
            let statuses = pod["status"]["containerStatuses"].array ?? []
            let own = statuses.first { $0["name"].string == container }
            return own?["state"]["terminated"]["exitCode"].int.map { Int32(truncatingIfNeeded: $0) }
        }
        if let code, code != 0 { throw Exit(code) }
    }
}
