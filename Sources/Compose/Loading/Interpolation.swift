import CommandLine

/// Puts variables' values into a file's texts, and makes those texts the type that their place wants.
struct Interpolation {
    let template: VariableTemplate

    func apply(_ node: Node, _ path: TreePath = TreePath()) throws -> Node {
        var changed = node
        switch node.value {
        case .string(let text): changed.value = try value(text, path, node.place)
        case .map(let members):
            changed.value = .map(try members.mapNodes { try apply($0.node, path.next($0.key)) })
        case .list(let elements): changed.value = .list(try elements.map { try apply($0, path.next("[]")) })
        default: break
        }
        return changed
    }

    private func value(_ text: String, _ path: TreePath, _ place: Place) throws -> Node.Value {
        let substituted: String
        do { substituted = try template.substitute(text) } catch {
            switch error {
            case .invalid(let template):
                throw ComposeError(
                    "invalid interpolation format for \(path).\nYou may need to escape any $ with another $.\n\(template)",
                    at: place)
            case .missing(let variable, let reason):
                throw ComposeError(
                    "error while interpolating \(path): required variable \(variable) is missing a value"
                        + (reason.isEmpty ? "" : ": \(reason)"), at: place)
            }
        }
        guard let cast = TypeCast.rules.rule(path) else { return .string(substituted) }
        do { return try cast.apply(substituted) } catch {
            throw ComposeError(
                "error while interpolating \(path): failed to cast to expected type: \(error)", at: place)
        }
    }
}

/// The type that a text becomes.
enum TypeCast {
    case integer, integer64, float, boolean

    static let rules = PathRules<TypeCast>(
        services.map { ("services.*.\($0)", $1) } + topLevel)

    private static let services: [(String, TypeCast)] = [
        ("cpu_count", .integer64), ("cpu_percent", .float), ("cpu_period", .integer64), ("cpu_quota", .integer64),
        ("cpu_rt_period", .integer64), ("cpu_rt_runtime", .integer64), ("cpus", .float), ("cpu_shares", .integer64),
        ("init", .boolean), ("depends_on.*.required", .boolean), ("depends_on.*.restart", .boolean),
        ("deploy.replicas", .integer), ("deploy.update_config.parallelism", .integer),
        ("deploy.update_config.max_failure_ratio", .float), ("deploy.rollback_config.parallelism", .integer),
        ("deploy.rollback_config.max_failure_ratio", .float), ("deploy.restart_policy.max_attempts", .integer),
        ("deploy.placement.max_replicas_per_node", .integer), ("healthcheck.retries", .integer),
        ("healthcheck.disable", .boolean), ("oom_kill_disable", .boolean), ("oom_score_adj", .integer64),
        ("pids_limit", .integer64), ("ports.*.target", .integer), ("privileged", .boolean), ("read_only", .boolean),
        ("scale", .integer), ("stdin_open", .boolean), ("tty", .boolean), ("ulimits.*", .integer),
        ("ulimits.*.hard", .integer), ("ulimits.*.soft", .integer), ("volumes.*.read_only", .boolean),
        ("volumes.*.volume.nocopy", .boolean), ("volumes.*.bind.create_host_path", .boolean),
        ("attach", .boolean), ("build.no_cache", .boolean), ("build.pull", .boolean), ("build.privileged", .boolean),
        ("env_file.*.required", .boolean), ("use_api_socket", .boolean),
    ]

    private static let topLevel: [(String, TypeCast)] = [
        ("networks.*.external", .boolean), ("networks.*.internal", .boolean), ("networks.*.attachable", .boolean),
        ("networks.*.enable_ipv4", .boolean), ("networks.*.enable_ipv6", .boolean), ("volumes.*.external", .boolean),
        ("secrets.*.external", .boolean), ("configs.*.external", .boolean),
    ]

    /// Throws in Go's words, which users of the original know.
    func apply(_ text: String) throws(FlagValueError) -> Node.Value {
        switch self {
        case .integer, .integer64:
            guard let number = Int64(text) else {
                let function = self == .integer ? "Atoi" : "ParseInt"
                throw FlagValueError("strconv.\(function): parsing \(GoText.quote(text)): invalid syntax")
            }
            return .int(number)
        case .float:
            guard let number = Double(text) else {
                throw FlagValueError("strconv.ParseFloat: parsing \(GoText.quote(text)): invalid syntax")
            }
            return Int64(exactly: number).map { .int($0) } ?? .float(text)
        case .boolean:
            switch text.lowercased() {
            case "true", "y", "yes", "on": return .bool(true)
            case "false", "n", "no", "off": return .bool(false)
            default: throw FlagValueError("invalid boolean: \(text)")
            }
        }
    }
}
