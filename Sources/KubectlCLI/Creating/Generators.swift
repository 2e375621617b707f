import CommandLine
import JSON
import KubeClient
import KubeModel

/// What the generators of `create` have in common.
protocol Generator: Sendable {
    var common: CreateOptions { get set }
}

extension VerbTree {
    /// A verb of `create` that makes one object from its flags.
    /// - Parameters:
    ///   - failure: what a refusal of the server is put behind; nil: nothing.
    ///   - object: the object without its namespace. Members are in the order in which JSON output shows them.
    static func generator<Options: Generator>(
        _ name: String, aliases: [String] = [], _ summary: String, usage: String, resource: ServedResource,
        failure: String?, options: Options, flags: [Flag<Options>], needs: [String] = [],
        object: @escaping @Sendable (Options, String, Parsed, Session) async throws -> JSON
    ) -> Verb {
        Verb(
            name, aliases: aliases, summary, usage: usage, options: options,
            flags: flags + CreateOptions.commonFlags().map(lifted)
        ) { options, parsed, session in
            try required(parsed, needs)
            let words = parsed.dashAt.map { Array(parsed.arguments.prefix($0)) } ?? parsed.arguments
            guard words.count == 1 else {
                throw session.misuse("exactly one NAME is required, got \(words.count)")
            }
            let creating = try Creating(options.common, session)
            var tree = try await object(options, words[0], parsed, session)
            let namespace = resource.isNamespaced ? try session.namespace : ""
            if resource.isNamespaced, session.options.namespaceGiven { tree = withNamespace(tree, namespace) }
            do { try await creating.object(tree, resource, namespace: namespace) } catch let status as APIStatus {
                guard let failure else { throw status }
                throw Refusal("\(failure) \(status.message)")
            }
        }
    }

    static func lifted<Options: Generator>(_ flag: Flag<CreateOptions>) -> Flag<Options> {
        Flag<Options>(
            flag.name, short: flag.short, value: flag.value, help: flag.help, shownDefault: flag.shownDefault,
            isHidden: flag.isHidden
        ) { try flag.set(&$0.common, $1) }
    }

    /// Behind the name, where the type has it.
    static func withNamespace(_ tree: JSON, _ namespace: String) -> JSON {
        var copy = tree
        var metadata: JSON = ["name": tree["metadata"]["name"], "namespace": .string(namespace)]
        for (name, value) in tree["metadata"].object ?? JSONObject() where name != "name" { metadata[name] = value }
        copy["metadata"] = metadata
        return copy
    }
}

/// The resources of the generators: they are the same on every server.
enum Known {
    static func resource(
        _ group: String, _ version: String, _ name: String, _ kind: String, isNamespaced: Bool = true
    ) -> ServedResource {
        ServedResource(
            group: group, version: version, name: name, singular: kind.lowercased(), kind: kind,
            isNamespaced: isNamespaced, verbs: ["create", "get"], shortNames: [], categories: [], subresources: [],
            subresourceKinds: [:])
    }

    static let pods = resource("", "v1", "pods", "Pod")
    static let services = resource("", "v1", "services", "Service")
    static let configMaps = resource("", "v1", "configmaps", "ConfigMap")
    static let secrets = resource("", "v1", "secrets", "Secret")
    static let namespaces = resource("", "v1", "namespaces", "Namespace", isNamespaced: false)
    static let nodes = resource("", "v1", "nodes", "Node", isNamespaced: false)
    static let serviceAccounts = resource("", "v1", "serviceaccounts", "ServiceAccount")
    static let quotas = resource("", "v1", "resourcequotas", "ResourceQuota")
    static let deployments = resource("apps", "v1", "deployments", "Deployment")
    static let jobs = resource("batch", "v1", "jobs", "Job")
    static let cronJobs = resource("batch", "v1", "cronjobs", "CronJob")
    static let ingresses = resource("networking.k8s.io", "v1", "ingresses", "Ingress")
    static let budgets = resource("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget")
    static let autoscalers = resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
    static let priorityClasses = resource(
        "scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", isNamespaced: false)
    static let roles = resource("rbac.authorization.k8s.io", "v1", "roles", "Role")
    static let roleBindings = resource("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding")
    static let clusterRoles = resource(
        "rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", isNamespaced: false)
    static let clusterRoleBindings = resource(
        "rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", isNamespaced: false)
}

extension JSON {
    /// An object of the members that are there: nil and null leave one out.
    static func members(_ list: [(String, JSON?)]) -> JSON {
        var members = JSONObject()
        for (name, value) in list { if let value, !value.isNull { members[name] = value } }
        return .object(members)
    }

    /// The texts, or nil when there are none.
    static func some(_ texts: [String]) -> JSON? { texts.isEmpty ? .null : JSON(texts) }
    static func some(_ text: String) -> JSON? { text.isEmpty ? .null : .string(text) }
}

struct SimpleOptions: Generator { var common = CreateOptions() }

extension VerbTree {
    static func createNamespace() -> Verb {
        generator(
            "namespace", aliases: ["ns"], "Create a namespace with the specified name",
            usage: "create namespace NAME [--dry-run=server|client|none] [options]", resource: Known.namespaces,
            failure: nil, options: SimpleOptions(), flags: []
        ) { _, name, _, _ in
            ["kind": "Namespace", "apiVersion": "v1", "metadata": ["name": .string(name)], "spec": [:], "status": [:]]
        }
    }

    static func createServiceAccount() -> Verb {
        generator(
            "serviceaccount", aliases: ["sa"], "Create a service account with the specified name",
            usage: "create serviceaccount NAME [--dry-run=server|client|none] [options]",
            resource: Known.serviceAccounts,
            failure: "failed to create serviceaccount:", options: SimpleOptions(), flags: []
        ) { _, name, _, _ in
            ["kind": "ServiceAccount", "apiVersion": "v1", "metadata": ["name": .string(name)]]
        }
    }

    struct QuotaOptions: Generator { var common = CreateOptions(), hard = "", scopes = "" }

    static func createQuota() -> Verb {
        generator(
            "quota", aliases: ["resourcequota"], "Create a quota with the specified name",
            usage:
                "create quota NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none] [options]",
            resource: Known.quotas, failure: "failed to create quota:", options: QuotaOptions(),
            flags: [
                .text("hard", \.hard, "Limits: resource=quantity, between commas"),
                .text("scopes", \.scopes, "Scopes that the quota counts, between commas"),
            ]
        ) { options, name, _, _ in
            var spec: JSON = [:]
            if !options.hard.isEmpty {
                var hard: JSON = [:]
                for part in options.hard.parts(",") {
                    guard let (resource, amount) = part.cut("="), !amount.contains("=") else {
                        throw Refusal("Invalid argument syntax \(part), expected <resource>=<value>")
                    }
                    do { hard[resource] = .string("\(try Quantity(parsing: amount))") } catch {
                        throw Refusal("\(error)")
                    }
                }
                spec["hard"] = .object((hard.object ?? JSONObject()).sortedByKey())
            }
            if !options.scopes.isEmpty { spec["scopes"] = JSON(options.scopes.parts(",")) }
            return [
                "kind": "ResourceQuota", "apiVersion": "v1", "metadata": ["name": .string(name)], "spec": spec,
                "status": [:],
            ]
        }
    }

    struct PriorityOptions: Generator {
        var common = CreateOptions(), value = 0, isDefault = false, description = ""
        var preemption = "PreemptLowerPriority"
    }

    static func createPriorityClass() -> Verb {
        generator(
            "priorityclass", aliases: ["pc"], "Create a priority class with the specified name",
            usage:
                "create priorityclass NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none] [options]",
            resource: Known.priorityClasses, failure: "failed to create priorityclass:", options: PriorityOptions(),
            flags: [
                .int("value", \.value, "Value of this priority class"),
                .toggle("global-default", \.isDefault, "Pods that name no class get this one"),
                .text("description", \.description, "What this class is for"),
                .text(
                    "preemption-policy", \.preemption, default: "PreemptLowerPriority", "PreemptLowerPriority or Never"),
            ]
        ) { options, name, _, _ in
            .members([
                ("kind", "PriorityClass"), ("apiVersion", "scheduling.k8s.io/v1"),
                ("metadata", ["name": .string(name)]), ("value", .init(options.value)),
                ("globalDefault", options.isDefault ? true : nil), ("description", .some(options.description)),
                ("preemptionPolicy", .string(options.preemption)),
            ])
        }
    }

    struct BudgetOptions: Generator {
        var common = CreateOptions(), least = "", most = "", selector = ""
    }

    static func createDisruptionBudget() -> Verb {
        generator(
            "poddisruptionbudget", aliases: ["pdb"], "Create a pod disruption budget with the specified name",
            usage:
                "create poddisruptionbudget NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none] [options]",
            resource: Known.budgets, failure: "failed to create poddisruptionbudgets:", options: BudgetOptions(),
            flags: [
                .text("min-available", \.least, "Least number or percentage of pods that stay available"),
                .text("max-unavailable", \.most, "Most number or percentage of pods that may be unavailable"),
                .text("selector", \.selector, "Labels of the pods"),
            ]
        ) { options, name, _, _ in
            guard !options.selector.isEmpty else { throw Refusal("a selector must be specified") }
            guard !options.least.isEmpty || !options.most.isEmpty else {
                throw Refusal("one of min-available or max-unavailable must be specified")
            }
            guard options.least.isEmpty || options.most.isEmpty else {
                throw Refusal("min-available and max-unavailable cannot be both specified")
            }
            for (name, text) in [("min-available", options.least), ("max-unavailable", options.most)]
            where !text.isEmpty {
                let digits = text.hasSuffix("%") ? text.dropLast() : text[...]
                guard !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) }) else {
                    throw Refusal("invalid format specified for \(name)")
                }
            }
            func amount(_ text: String) -> JSON? {
                text.isEmpty ? nil : Int(text).map { .init($0) } ?? .string(text)
            }
            return [
                "kind": "PodDisruptionBudget", "apiVersion": "policy/v1", "metadata": ["name": .string(name)],
                "spec": .members([
                    ("minAvailable", amount(options.least)),
                    ("selector", try LabelSelectorText.object(options.selector)),
                    ("maxUnavailable", amount(options.most)),
                ]),
                "status": ["disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0],
            ]
        }
    }
}

enum LabelSelectorText {
    /// `a=b,c in (d)` as a `LabelSelector`.
    static func object(_ text: String) throws -> JSON {
        let selector: LabelSelector
        do { selector = try LabelSelector(parsing: text) } catch { throw Refusal("\(error)") }
        var labels = JSONObject(), expressions: [JSON] = []
        for requirement in selector.requirements {
            switch requirement.operator {
            case .equals, .doubleEquals: labels[requirement.key] = .string(requirement.values.first ?? "")
            case .isIn where requirement.values.count == 1:
                labels[requirement.key] = .string(requirement.values[0])
            default:
                expressions.append(
                    .members([
                        ("key", .string(requirement.key)), ("operator", .string(name(requirement.operator))),
                        ("values", .some(requirement.values)),
                    ]))
            }
        }
        return .members([
            ("matchLabels", labels.isEmpty ? nil : .object(labels.sortedByKey())),
            ("matchExpressions", expressions.isEmpty ? nil : .array(expressions)),
        ])
    }

    private static func name(_ operation: LabelSelector.Operator) -> String {
        switch operation {
        case .isIn: "In"
        case .notIn, .notEquals: "NotIn"
        case .exists: "Exists"
        case .doesNotExist: "DoesNotExist"
        default: "In"
        }
    }
}
