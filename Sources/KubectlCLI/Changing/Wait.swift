import CommandLine
import JSON
import KubeClient
import KubeModel

struct WaitOptions: Sendable {
    var files = FileOptions(recursive: true), printing = PrintOptions()
    var conditions: [String] = [], timeout: Int64 = 30_000_000_000
    var all = false, allNamespaces = false, fields = "", labels: String?, local = false
}

extension VerbTree {
    static func wait() -> Verb {
        Verb(
            "wait", group: .advanced, "Wait for a specific condition on one or many resources",
            usage:
                "wait ([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]] [options]",
            options: WaitOptions(),
            flags: FileOptions.flags(\.files, "to wait for", isRecursive: true).filter { $0.name != "kustomize" }
                + PrintOptions.flags(\.printing) + [
                    .texts("for", \.conditions, "delete, create, condition=NAME[=VALUE] or jsonpath='{PATH}'[=VALUE]"),
                    .duration("timeout", \.timeout, "How long to wait: 0 looks once, negative waits a week")
                        .showing("30s"),
                    .toggle("all", \.all, "All objects of the types"),
                    .toggle("all-namespaces", short: "A", \.allNamespaces, "Objects of all namespaces"),
                    .text("field-selector", \.fields, "Select by fields"),
                    .optionalText("selector", short: "l", \.labels, "Select by labels"),
                    .toggle("local", \.local, "Ask no server"),
                ]
        ) { options, parsed, session in
            let goals = try options.conditions.map(WaitGoal.init)
            guard !goals.isEmpty else { throw Refusal("unrecognized condition: []") }
            let printer = try ObjectPrinter(session, options.printing)
            var selection = options.files.selection(parsed.arguments)
            selection.labels = options.labels
            selection.fields = options.fields
            selection.takesAll = options.all
            selection.allNamespaces = options.allNamespaces
            selection.leavesUnread = true
            let isLenient = goals.contains { $0.isExistence }
            let selected = try await session.select(selection)
            if isLenient, selected.items.isEmpty, selected.errors.isEmpty { return }
            let items = try selected.all()
            guard !items.isEmpty else { throw Refusal("no matching resources found") }
            var errors: [any Error] = []
            for item in items {
                do {
                    for goal in goals {
                        if case .deleted = goal, try await Waiting.isGone(item, session) { continue }
                        let done = try await Waiting.wait(item, goal, session, timeout: options.timeout)
                        try printer.print(done, "condition met")
                    }
                } catch { errors.append(error) }
            }
            try Failures.throwing(errors)
        }
    }
}

/// What `--for` names.
enum WaitGoal: Sendable {
    case deleted
    case created
    case condition(String, String)
    /// Nil: any value.
    case path(JSONPath, String?)

    init(_ text: String) throws {
        if text.lowercased() == "delete" {
            self = .deleted
        } else if text.lowercased() == "create" {
            self = .created
        } else if text.hasPrefix("condition=") {
            let rest = String(text.dropFirst("condition=".count))
            let (name, value) = rest.cut("=") ?? (rest, "true")
            self = .condition(name, value)
        } else if text.hasPrefix("jsonpath=") {
            let parts = Self.split(String(text.dropFirst("jsonpath=".count)))
            guard parts.count <= 2 else {
                throw Refusal(
                    "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'"
                )
            }
            guard !parts[0].isEmpty else { throw Refusal("jsonpath expression cannot be empty") }
            let path: JSONPath
            do { path = try JSONPath(parsing: try JSONPath.relaxed(parts[0]), allowsMissingKeys: true) } catch {
                throw Refusal("\(error)")
            }
            guard parts.count == 2 else {
                self = .path(path, nil)
                return
            }
            let value = parts[1].trimmingQuotes
            guard !value.isEmpty else {
                throw Refusal(
                    "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3"
                )
            }
            self = .path(path, value)
        } else {
            throw Refusal("unrecognized condition: \(text.quoted)")
        }
    }

    /// At single `=`; two are a comparison inside of the path.
    private static func split(_ text: String) -> [String] {
        var parts = [""]
        var rest = text[...]
        while let character = rest.popFirst() {
            if character == "=", rest.first == "=" {
                parts[parts.count - 1] += "=="
                rest = rest.dropFirst()
            } else if character == "=" {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }

    var isExistence: Bool {
        switch self {
        case .deleted, .created: true
        case .condition, .path: false
        }
    }

    func isMet(_ object: JSON) throws -> Bool {
        switch self {
        case .deleted: return false
        case .created: return true
        case .condition(let name, let value):
            let conditions = object["status"]["conditions"].array ?? []
            guard
                let found = conditions.first(where: { ($0["type"].string ?? "").lowercased() == name.lowercased() }),
                let status = found["status"].string
            else { return false }
            if let generation = object["metadata"]["generation"].int,
                let seen = found["observedGeneration"].int ?? object["status"]["observedGeneration"].int,
                seen < generation
            {
                return false
            }
            return status.lowercased() == value.lowercased()
        case .path(let path, let value):
            let results: [[JSON]]
            do { results = try path.results(object) } catch { throw Refusal("\(error)") }
            guard let first = results.first, !first.isEmpty else { return false }
            if results.count > 1 { throw Refusal("given jsonpath expression matches more than one list") }
            if first.count > 1 { throw Refusal("given jsonpath expression matches more than one value") }
            guard let value else { return true }
            if first[0].array != nil || first[0].object != nil {
                throw Refusal("jsonpath leads to a nested object or list which is not supported")
            }
            return GoSyntax.plain(first[0]).trimmed == value.trimmed
        }
    }
}

extension String {
    var trimmingQuotes: String {
        var text = self[...]
        while let first = text.first, first == "'" || first == "\"" { text.removeFirst() }
        while let last = text.last, last == "'" || last == "\"" { text.removeLast() }
        return String(text)
    }
}

enum Waiting {
    /// A week, in seconds: "forever".
    private static let week = 604_800.0

    /// - Parameter timeout: nanoseconds; 0 looks once, negative waits a week.
    static func wait(_ item: Item, _ goal: WaitGoal, _ session: Session, timeout: Int64) async throws -> Item {
        if timeout == 0 { return try await look(item, goal, session) }
        let uid = NIOUIDBox()
        do {
            let object = try await Following(session: session).until(
                item, within: timeout < 0 ? week : Double(timeout) / 1e9
            ) { state -> JSON? in
                switch (goal, state) {
                case (.deleted, .gone): return .some(JSON.null)
                case (.deleted, .there(let object)):
                    // Another object under the same name means that the first one is gone.
                    return uid.isOther(object["metadata"]["uid"].string ?? "") ? .some(object) : .none
                case (.created, .gone): return nil
                case (_, .gone):
                    throw APIStatus(
                        code: 404, reason: "NotFound",
                        message: "\(item.resource.qualifiedName) \(item.name.quoted) not found")
                case (_, .there(let object)): return try goal.isMet(object) ? .some(object) : .none
                }
            }
            var done = item
            if object.isNull {
                done.object = [
                    "apiVersion": .string(item.resource.apiVersion), "kind": .string(item.resource.kind),
                    "metadata": ["name": .string(item.name)],
                ]
            } else {
                done.take(object)
            }
            return done
        } catch is Following.OutOfTime {
            if case .created = goal { throw Refusal("timed out waiting for the condition") }
            throw Refusal("timed out waiting for the condition on \(item.resource.name)/\(item.name)")
        }
    }

    /// What was never there isn't waited for, and isn't told of.
    static func isGone(_ item: Item, _ session: Session) async throws -> Bool {
        do { _ = try await session.fetch(item) } catch let status as APIStatus where status.reason == "NotFound" {
            return true
        }
        return false
    }

    private static func look(_ item: Item, _ goal: WaitGoal, _ session: Session) async throws -> Item {
        var done = item
        do {
            done.take(try await session.fetch(item))
        } catch let status as APIStatus where status.reason == "NotFound" {
            if case .deleted = goal { return item }
            throw status
        }
        guard try goal.isMet(done.object) else {
            throw Refusal("condition not met for \(item.resource.name)/\(item.name)")
        }
        return done
    }

    /// Waits until deleted objects are gone. Who may not look needn't wait.
    static func gone(_ items: [Item], _ session: Session, timeout: Int64) async throws {
        for item in items {
            let answered = item.object
            let uid =
                answered["kind"].string == "Status"
                ? answered["details"]["uid"].string : answered["metadata"]["uid"].string
            do {
                _ = try await Following(session: session).until(
                    item, within: timeout <= 0 ? week : Double(timeout) / 1e9
                ) { state -> Bool? in
                    switch state {
                    case .gone: true
                    case .there(let object): uid != nil && object["metadata"]["uid"].string != uid ? true : nil
                    }
                }
            } catch is Following.OutOfTime {
                throw Refusal("timed out waiting for the condition on \(item.resource.name)/\(item.name)")
            } catch let status as APIStatus where ["Forbidden", "MethodNotAllowed"].contains(status.reason) {
                continue
            }
        }
    }
}
