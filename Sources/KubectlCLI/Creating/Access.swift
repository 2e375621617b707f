import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

extension VerbTree {
    struct RoleOptions: Generator {
        var common = CreateOptions(), verbs: [String] = [], resources: [String] = [], names: [String] = []
        var urls: [String] = [], aggregation = ""
    }

    private static func roleFlags() -> [Flag<RoleOptions>] {
        [
            .strings("verb", \.verbs, "Verbs that are allowed"),
            .strings("resource", \.resources, "Resources, as name, name.group or name/subresource"),
            .texts("resource-name", \.names, "Only objects of this name"),
        ]
    }

    static func createRole() -> Verb {
        generator(
            "role", "Create a role with single rule",
            usage:
                "create role NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none] [options]",
            resource: Known.roles, failure: nil, options: RoleOptions(), flags: roleFlags()
        ) { options, name, _, session in
            guard !options.verbs.isEmpty else { throw Refusal("at least one verb must be specified") }
            guard !options.resources.isEmpty else { throw Refusal("at least one resource must be specified") }
            return [
                "kind": "Role", "apiVersion": "rbac.authorization.k8s.io/v1", "metadata": ["name": .string(name)],
                "rules": .array(try await rules(options, session)),
            ]
        }
    }

    static func createClusterRole() -> Verb {
        generator(
            "clusterrole", "Create a cluster role",
            usage:
                "create clusterrole NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none] [options]",
            resource: Known.clusterRoles, failure: nil, options: RoleOptions(),
            flags: roleFlags() + [
                .strings("non-resource-url", \.urls, "Paths that are allowed"),
                .text("aggregation-rule", \.aggregation, "Labels of the roles that this one is made of").showing(""),
            ]
        ) { options, name, _, session in
            let head: [(String, JSON?)] = [
                ("kind", "ClusterRole"), ("apiVersion", "rbac.authorization.k8s.io/v1"),
                ("metadata", ["name": .string(name)]),
            ]
            if !options.aggregation.isEmpty {
                guard options.urls.isEmpty, options.verbs.isEmpty, options.resources.isEmpty, options.names.isEmpty
                else {
                    throw Refusal(
                        "aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames")
                }
                let selector = try LabelSelectorText.object(options.aggregation)
                return JSON.members(head).merging([
                    "rules": nil, "aggregationRule": ["clusterRoleSelectors": [selector]],
                ])
            }
            guard !options.verbs.isEmpty else { throw Refusal("at least one verb must be specified") }
            guard !options.resources.isEmpty || !options.urls.isEmpty else {
                throw Refusal("one of resource or nonResourceURL must be specified")
            }
            var all = try await rules(options, session)
            if !options.urls.isEmpty {
                for url in options.urls where !url.hasPrefix("/") && url != "*" {
                    throw Refusal("nonResourceURL should start with /")
                }
                all.append(["verbs": JSON(unique(options.verbs)), "nonResourceURLs": JSON(options.urls)])
            }
            return .members(head + [("rules", .array(all))])
        }
    }

    private static func unique(_ list: [String]) -> [String] {
        var seen = Set<String>()
        let all = list.filter { seen.insert($0).inserted }
        return all.contains("*") ? ["*"] : all
    }

    private static func rules(_ options: RoleOptions, _ session: Session) async throws -> [JSON] {
        let verbs = unique(options.verbs)
        var groups: [String] = [], resources: [String: [String]] = [:]
        let names = ResourceNames(options.resources.isEmpty ? ServedResources(all: []) : try await session.resources())
        for text in unique(options.resources) {
            let (head, part) = text.cut("/") ?? (text, "")
            var group = "", name = head
            if head != "*" {
                guard let found = names.find(head) else { throw ResourceNames.mapperComplaint(head) }
                for verb in verbs
                where !standardVerbs.contains(verb) && verb != "*"
                    && specialVerbs[verb]?.contains(found.qualifiedName) != true
                {
                    session.err.line("Warning: '\(verb)' is not a standard resource verb")
                }
                for verb in verbs {
                    guard let possible = boundVerbs[verb], !possible.contains(found.qualifiedName) else { continue }
                    throw Refusal("can not perform '\(verb)' on '\(found.name)' in group '\(found.group)'")
                }
                (group, name) = (found.group, found.name)
            }
            let whole = part.isEmpty ? name : "\(name)/\(part)"
            if resources[group] == nil { groups.append(group) }
            resources[group, default: []].append(whole)
        }
        return groups.sorted().map { group in
            .members([
                ("verbs", JSON(verbs)), ("apiGroups", [.string(group)]), ("resources", JSON(resources[group] ?? [])),
                ("resourceNames", .some(options.names)),
            ])
        }
    }

    private static let standardVerbs: Set<String> = [
        "get", "delete", "list", "create", "update", "patch", "watch", "proxy", "deletecollection", "use", "bind",
        "escalate", "impersonate",
    ]
    /// Verbs that only these resources have.
    private static let boundVerbs: [String: Set<String>] = [
        "use": ["podsecuritypolicies.policy", "podsecuritypolicies.extensions"],
        "bind": ["roles.rbac.authorization.k8s.io", "clusterroles.rbac.authorization.k8s.io"],
        "escalate": ["roles.rbac.authorization.k8s.io", "clusterroles.rbac.authorization.k8s.io"],
        "impersonate": ["users", "serviceaccounts", "groups", "userextras.authentication.k8s.io"],
    ]
    private static let specialVerbs: [String: Set<String>] = [
        "approve": ["signers.certificates.k8s.io"], "sign": ["signers.certificates.k8s.io"],
    ]

    struct BindingOptions: Generator {
        var common = CreateOptions(), role = "", clusterRole = "", users: [String] = [], groups: [String] = []
        var accounts: [String] = []
    }

    private static func subjectFlags() -> [Flag<BindingOptions>] {
        [
            .text("clusterrole", \.clusterRole, "Cluster role to bind"), .texts("user", \.users, "User to bind"),
            .texts("group", \.groups, "Group to bind"),
            .texts("serviceaccount", \.accounts, "Service account to bind, as namespace:name"),
        ]
    }

    private static func subjects(_ options: BindingOptions) throws -> JSON? {
        var all: [JSON] = []
        for name in options.users {
            all.append(["kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": .string(name)])
        }
        for name in options.groups {
            all.append(["kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": .string(name)])
        }
        for text in options.accounts {
            guard let (namespace, name) = text.cut(":"), !namespace.isEmpty, !name.isEmpty, !name.contains(":") else {
                throw Refusal("serviceaccount must be <namespace>:<name>")
            }
            all.append(["kind": "ServiceAccount", "name": .string(name), "namespace": .string(namespace)])
        }
        return all.isEmpty ? nil : .array(all)
    }

    static func createRoleBinding() -> Verb {
        generator(
            "rolebinding", "Create a role binding for a particular role or cluster role",
            usage:
                "create rolebinding NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none] [options]",
            resource: Known.roleBindings, failure: "failed to create rolebinding:", options: BindingOptions(),
            flags: subjectFlags() + [.text("role", \.role, "Role to bind")]
        ) { options, name, _, _ in
            guard options.role.isEmpty != options.clusterRole.isEmpty else {
                throw Refusal("exactly one of clusterrole or role must be specified")
            }
            let isRole = !options.role.isEmpty
            return .members([
                ("kind", "RoleBinding"), ("apiVersion", "rbac.authorization.k8s.io/v1"),
                ("metadata", ["name": .string(name)]), ("subjects", try subjects(options)),
                (
                    "roleRef",
                    [
                        "apiGroup": "rbac.authorization.k8s.io", "kind": isRole ? "Role" : "ClusterRole",
                        "name": .string(isRole ? options.role : options.clusterRole),
                    ]
                ),
            ])
        }
    }

    static func createClusterRoleBinding() -> Verb {
        generator(
            "clusterrolebinding", "Create a cluster role binding for a particular cluster role",
            usage:
                "create clusterrolebinding NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none] [options]",
            resource: Known.clusterRoleBindings, failure: "failed to create clusterrolebinding:",
            options: BindingOptions(), flags: subjectFlags(), needs: ["clusterrole"]
        ) { options, name, parsed, _ in
            return .members([
                ("kind", "ClusterRoleBinding"), ("apiVersion", "rbac.authorization.k8s.io/v1"),
                ("metadata", ["name": .string(name)]), ("subjects", try subjects(options)),
                (
                    "roleRef",
                    [
                        "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                        "name": .string(options.clusterRole),
                    ]
                ),
            ])
        }
    }

    struct TokenOptions: Sendable {
        var printing = PrintOptions()
        var audiences: [String] = [], duration: Int64 = 0, kind = "", name = "", uid = ""
    }

    static func createToken() -> Verb {
        Verb(
            "token", "Request a service account token", usage: "create token SERVICE_ACCOUNT_NAME [options]",
            options: TokenOptions(),
            flags: PrintOptions.flags(\.printing) + [
                .texts("audience", \.audiences, "Audience of the token"),
                .duration("duration", \.duration, "How long it is to be valid, such as 10m"),
                .text("bound-object-kind", \.kind, "Kind of the object that it is bound to: Pod, Secret, Node"),
                .text("bound-object-name", \.name, "Name of that object"),
                .text("bound-object-uid", \.uid, "UID of that object"),
            ]
        ) { options, parsed, session in
            guard parsed.arguments.count == 1 else {
                throw session.misuse("exactly one NAME is required, got \(parsed.arguments.count)")
            }
            if options.duration < 0 { throw Refusal("--duration must be greater than or equal to 0") }
            if options.duration % 1_000_000_000 != 0 {
                throw Refusal("--duration cannot be expressed in units less than seconds")
            }
            if options.audiences.contains("") { throw Refusal("--audience must not be an empty string") }
            if options.kind.isEmpty {
                if !options.name.isEmpty {
                    throw Refusal("--bound-object-name can only be set if --bound-object-kind is provided")
                }
                if !options.uid.isEmpty {
                    throw Refusal("--bound-object-uid can only be set if --bound-object-kind is provided")
                }
            } else {
                guard ["Node", "Pod", "Secret"].contains(options.kind) else {
                    throw Refusal("supported --bound-object-kind values are Node, Pod, Secret")
                }
                guard !options.name.isEmpty else {
                    throw Refusal("--bound-object-name is required if --bound-object-kind is provided")
                }
            }
            var spec: JSON = ["audiences": JSON.some(options.audiences) ?? .null]
            if options.duration > 0 { spec["expirationSeconds"] = .init(options.duration / 1_000_000_000) }
            if !options.kind.isEmpty {
                spec["boundObjectRef"] = .members([
                    ("kind", .string(options.kind)), ("apiVersion", "v1"), ("name", .string(options.name)),
                    ("uid", .some(options.uid)),
                ])
            }
            let name = parsed.arguments[0]
            let answer: JSON
            do {
                answer = try await session.send(
                    .POST, "/api/v1/namespaces/\(try session.namespace)/serviceaccounts/\(name)/token", [],
                    ["kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "metadata": [:], "spec": spec])
            } catch let status as APIStatus {
                throw Refusal("failed to create token: \(status.message)")
            }
            guard let token = answer["status"]["token"].string, !token.isEmpty else {
                throw Refusal("failed to create token: no token in server response")
            }
            if options.printing.output.isEmpty, options.printing.template.isEmpty {
                session.out.line(token)
            } else {
                try ObjectPrinter(session, options.printing).show(answer, isTyped: true)
            }
        }
    }
}
