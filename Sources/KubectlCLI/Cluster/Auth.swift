import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct CanIOptions: Sendable {
    var allNamespaces = false, quiet = false, subresource = "", lists = false, noHeaders = false
}

extension VerbTree {
    static func auth() -> Verb {
        Verb(
            "auth", group: .debugging, "Inspect authorization", usage: "auth [flags] [options]",
            subverbs: [canI(), reconcile(), whoAmI()])
    }

    private static func canI() -> Verb {
        Verb(
            "can-i", "Check whether an action is allowed",
            usage: "auth can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL] [options]", options: CanIOptions(),
            flags: [
                .toggle("all-namespaces", short: "A", \.allNamespaces, "In all namespaces"),
                .toggle("quiet", short: "q", \.quiet, "Answer by the exit code alone"),
                .text("subresource", \.subresource, "Subresource, such as log or scale"),
                .toggle("list", \.lists, "Show all that is allowed"),
                .toggle("no-headers", \.noHeaders, "With --list: no headers"),
            ]
        ) { options, parsed, session in
            if options.lists {
                guard parsed.arguments.isEmpty else { throw Refusal("list option must be specified with no arguments") }
                if options.quiet || options.allNamespaces || !options.subresource.isEmpty {
                    throw Refusal(
                        "list option can't be specified with neither quiet, all-namespaces nor subresource options")
                }
                return try await AccessCheck(options: options, session: session).list()
            }
            guard parsed.arguments.count == 2 else {
                throw Refusal(
                    "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples."
                )
            }
            if options.noHeaders { throw Refusal("--no-headers cannot be set without --list specified") }
            try await AccessCheck(options: options, session: session).check(parsed.arguments[0], parsed.arguments[1])
        }
    }

    struct WhoAmIOptions: Sendable { var printing = PrintOptions() }

    private static func whoAmI() -> Verb {
        Verb(
            "whoami", "Experimental: Check self subject attributes", usage: "auth whoami [options]",
            options: WhoAmIOptions(),
            flags: PrintOptions.flags(\.printing)
        ) { options, _, session in
            let printer = try ObjectPrinter(session, options.printing)
            let review: JSON
            do {
                review = try await session.send(
                    .POST, "/apis/authentication.k8s.io/v1/selfsubjectreviews", [],
                    [
                        "kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1", "metadata": [:],
                        "status": ["userInfo": [:]],
                    ])
            } catch let status as APIStatus where status.reason == "Forbidden" {
                throw Refusal(
                    "the selfsubjectreviews API is not enabled in the cluster or you do not have permission to call it")
            } catch let status as APIStatus where status.reason == "NotFound" {
                throw Refusal("the selfsubjectreviews API is not enabled in the cluster")
            }
            guard printer.format.isTable else { return try printer.show(review, isTyped: true) }
            let user = review["status"]["userInfo"]
            var table = TabWriter.kubectl
            table.write("ATTRIBUTE\tVALUE\n")
            if let name = user["username"].string, !name.isEmpty { table.write("Username\t\(name)\n") }
            if let uid = user["uid"].string, !uid.isEmpty { table.write("UID\t\(uid)\n") }
            let groups = user["groups"].strings
            if !groups.isEmpty { table.write("Groups\t[\(groups.joined(separator: " "))]\n") }
            for (key, values) in user["extra"].object?.sortedByKey() ?? JSONObject() {
                table.write("Extra: \(key)\t[\(values.strings.joined(separator: " "))]\n")
            }
            session.out.write(table.flush())
        }
    }
}

struct AccessCheck: Sendable {
    let options: CanIOptions
    let session: Session

    private static let resourceVerbs: Set<String> = [
        "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "use", "bind", "impersonate",
        "*", "approve", "sign", "escalate", "attest",
    ]
    private static let pathVerbs: Set<String> = ["get", "put", "post", "head", "options", "delete", "patch", "*"]
    /// Resources that are no resources of discovery.
    private static let virtual: Set<String> = ["users", "groups"]

    func check(_ verb: String, _ what: String) async throws {
        var attributes: JSON
        if what.hasPrefix("/") {
            if !options.subresource.isEmpty { throw Refusal("--subresource can not be used with NonResourceURL") }
            if !Self.pathVerbs.contains(verb) { session.err.line("Warning: verb '\(verb)' is not a known verb\n") }
            attributes = ["nonResourceAttributes": ["path": .string(what), "verb": .string(verb)]]
        } else {
            attributes = ["resourceAttributes": try await resource(verb, what)]
        }
        let review = try await session.send(
            .POST, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", [],
            [
                "kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": [:],
                "spec": attributes, "status": ["allowed": false],
            ])
        let status = review["status"]
        let isAllowed = status["allowed"].bool ?? false
        if !options.quiet {
            var line = isAllowed ? "yes" : "no"
            if !isAllowed {
                for member in ["reason", "evaluationError"] {
                    if let text = status[member].string, !text.isEmpty { line += " - \(text)" }
                }
            }
            session.out.line(line)
        }
        if !isAllowed { throw Exit(1) }
    }

    private func resource(_ verb: String, _ what: String) async throws -> JSON {
        let (word, name) = what.cut("/") ?? (what, "")
        var group = "", resource = word
        var isKnown = word == "*"
        if word != "*" {
            let names = ResourceNames(try await session.resources())
            if let found = names.find(word.lowercased()) {
                (group, resource) = (found.group, found.name)
                isKnown = true
                if !options.allNamespaces, !found.isNamespaced {
                    session.err.line(
                        "Warning: resource '\(found.name)' is not namespace scoped\(group.isEmpty ? "" : " in group '\(group)'")\n"
                    )
                }
            } else {
                let (head, rest) = word.lowercased().cut(".") ?? (word.lowercased(), "")
                (group, resource) = (rest, head)
                if !Self.virtual.contains(head) {
                    session.err.line(
                        "Warning: the server doesn't have a resource type '\(head)'\(rest.isEmpty ? "" : " in group '\(rest)'")\n"
                    )
                }
                isKnown = true
            }
        }
        if isKnown, !options.allNamespaces, !Self.resourceVerbs.contains(verb) {
            session.err.line("Warning: verb '\(verb)' is not a known verb\n")
        }
        var attributes: [(String, JSON?)] = []
        if !options.allNamespaces { attributes.append(("namespace", .string(try session.namespace))) }
        attributes += [
            ("verb", .string(verb)), ("group", .some(group)), ("resource", .string(resource)),
            ("subresource", .some(options.subresource)), ("name", .some(name)),
        ]
        return .members(attributes)
    }

    func list() async throws {
        let review = try await session.send(
            .POST, "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", [],
            [
                "kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1", "metadata": [:],
                "spec": ["namespace": .string(try session.namespace)],
            ])
        let status = review["status"]
        var rules = (status["resourceRules"].array ?? []).map { rule -> JSON in
            .members([
                ("apiGroups", rule["apiGroups"]), ("resources", rule["resources"]), ("verbs", rule["verbs"]),
                ("resourceNames", rule["resourceNames"].isNull ? nil : rule["resourceNames"]),
            ])
        }
        rules += (status["nonResourceRules"].array ?? []).map {
            ["nonResourceURLs": $0["nonResourceURLs"], "verbs": $0["verbs"]]
        }
        var table = TabWriter.kubectl
        if !options.noHeaders { table.write("Resources\tNon-Resource URLs\tResource Names\tVerbs\n") }
        for rule in RuleText.compact(rules) { table.write(rule.line + "\n") }
        session.out.write(table.flush())
        if let text = status["evaluationError"].string, !text.isEmpty {
            session.err.line("Warning: the list may be incomplete: \(text)")
        }
    }
}
