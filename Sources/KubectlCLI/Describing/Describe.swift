import CommandLine
import JSON
import KubeClient
import KubeModel

struct DescribeOptions: Sendable {
    var files = FileOptions(), labels: String?, allNamespaces = false, showsEvents = true, chunk = 500
}

extension VerbTree {
    static func describe() -> Verb {
        Verb(
            "describe", group: .debugging, "Show details of a specific resource or group of resources",
            usage: "describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME) [options]",
            options: DescribeOptions(),
            flags: FileOptions.flags(\.files, "to describe") + [
                .optionalText("selector", short: "l", \.labels, "Select by labels"),
                .toggle("all-namespaces", short: "A", \.allNamespaces, "Objects of all namespaces"),
                .toggle("show-events", \.showsEvents, default: true, "Show the events about the object"),
                .int("chunk-size", \.chunk, default: 500, "Objects in one answer to a list; 0: all"),
            ]
        ) { options, parsed, session in
            try await Describing(
                options: options, session: session, asksForEvents: parsed.given.contains("show-events")
            ).run(parsed.arguments)
        }
    }
}

struct Describing: Sendable {
    let options: DescribeOptions
    let session: Session
    /// `--show-events` was given; else several objects are shown without.
    let asksForEvents: Bool

    func run(_ arguments: [String]) async throws {
        guard !arguments.isEmpty || !options.files.isEmpty else {
            throw PlainRefusal(
                text:
                    "error: You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported resources.\n"
            )
        }
        var selection = options.files.selection(arguments)
        selection.labels = options.labels
        selection.allNamespaces = options.allNamespaces
        selection.emptySelectsAll = true
        selection.latest = true
        selection.chunk = options.chunk
        var selected = try await session.select(selection)
        var isPrefix = false
        if arguments.count == 2, selected.items.isEmpty, selected.errors.count == 1,
            (selected.errors[0] as? APIStatus)?.reason == "NotFound"
        {
            let near = try await startingWith(arguments)
            if !near.isEmpty {
                selected = Selected(items: near)
                isPrefix = true
            }
        }
        var errors = selected.errors
        let hasEvents =
            options.showsEvents && (asksForEvents || errors.isEmpty && selected.items.count <= 1 && !isPrefix)
        for (at, item) in selected.items.enumerated() {
            do {
                let text = try await describe(item, hasEvents)
                if isPrefix {
                    session.out.write(text + "\n")
                    continue
                }
                session.out.write(at == 0 ? text : "\n\n\(text)")
            } catch { errors.append(error) }
        }
        if selected.items.isEmpty, errors.isEmpty {
            session.err.line(
                options.allNamespaces
                    ? "No resources found" : "No resources found in \(try session.namespace) namespace.")
        }
        try Failures.throwing(errors)
    }

    /// A name that isn't there stands for all that begin with it.
    private func startingWith(_ arguments: [String]) async throws -> [Item] {
        var selection = Selection()
        selection.arguments = [arguments[0]]
        selection.emptySelectsAll = true
        selection.allNamespaces = options.allNamespaces
        return try await session.select(selection).items.filter { $0.name.hasPrefix(arguments[1]) }
    }

    private func describe(_ item: Item, _ showsEvents: Bool) async throws -> String {
        var text = DescribedText()
        let describer = ObjectDescriber(session: session, item: item, showsEvents: showsEvents)
        try await describer.describe(into: &text)
        return text.flush()
    }
}

/// One object's description; what its kind needs besides is read from the server.
struct ObjectDescriber: Sendable {
    let session: Session
    let item: Item
    let showsEvents: Bool

    var object: JSON { item.object }

    func describe(into text: inout DescribedText) async throws {
        let resource = item.resource
        switch (resource.group, resource.kind) {
        case ("", "Pod"): await pod(&text)
        case ("", "Node"): try await node(&text)
        case ("", "Service"): await service(&text)
        case ("", "Namespace"): await namespace(&text)
        case ("", "ConfigMap"): await configMap(&text)
        case ("", "Secret"): secret(&text)
        case ("", "ServiceAccount"): await serviceAccount(&text)
        case ("", "Endpoints"): await endpoints(&text)
        case ("", "PersistentVolumeClaim"): try await claim(&text)
        case ("", "PersistentVolume"): await persistentVolume(&text)
        case ("", "ResourceQuota"): quota(&text)
        case ("", "LimitRange"): limitRange(&text)
        case ("", "ReplicationController"), ("apps", "ReplicaSet"): try await replicaSet(&text)
        case ("discovery.k8s.io", "EndpointSlice"): await slice(&text)
        case ("apps", "Deployment"): try await deployment(&text)
        case ("apps", "StatefulSet"): try await statefulSet(&text)
        case ("apps", "DaemonSet"): try await daemonSet(&text)
        case ("batch", "Job"): await job(&text)
        case ("batch", "CronJob"): await cronJob(&text)
        case ("networking.k8s.io", "Ingress"): await ingress(&text)
        case ("networking.k8s.io", "NetworkPolicy"): networkPolicy(&text)
        case ("networking.k8s.io", "IngressClass"): await ingressClass(&text)
        case ("networking.k8s.io", "ServiceCIDR"): await serviceRange(&text)
        case ("networking.k8s.io", "IPAddress"): await address(&text)
        case ("autoscaling", "HorizontalPodAutoscaler"): await autoscaler(&text)
        case ("certificates.k8s.io", "CertificateSigningRequest"): await signingRequest(&text)
        case ("policy", "PodDisruptionBudget"): await budget(&text)
        case ("scheduling.k8s.io", "PriorityClass"): await priorityClass(&text)
        case ("storage.k8s.io", "StorageClass"): await storageClass(&text)
        case ("storage.k8s.io", "VolumeAttributesClass"): await volumeAttributesClass(&text)
        case ("storage.k8s.io", "CSINode"): await storageNode(&text)
        case ("rbac.authorization.k8s.io", "Role"), ("rbac.authorization.k8s.io", "ClusterRole"): role(&text)
        case ("rbac.authorization.k8s.io", "RoleBinding"), ("rbac.authorization.k8s.io", "ClusterRoleBinding"):
            binding(&text)
        default: await any(&text)
        }
    }

    /// The events about the object; nil when they aren't wanted or can't be had.
    func events(uid: String? = nil) async -> [JSON]? {
        guard showsEvents else { return nil }
        let metadata = object["metadata"]
        var terms = [
            "involvedObject.name=\(metadata["name"].plain)", "involvedObject.namespace=\(metadata["namespace"].plain)",
            "involvedObject.kind=\(item.resource.kind)", "involvedObject.uid=\(uid ?? metadata["uid"].plain)",
        ]
        if metadata["namespace"].plain.isEmpty { terms.remove(at: 1) }
        let list = try? await session.get(
            ResourceID.events.path(namespace: item.namespace),
            [("fieldSelector", terms.joined(separator: ",")), ("limit", "500")])
        return list?["items"].array
    }

    func list(_ resource: ResourceID, _ namespace: String, labels: String = "", fields: String = "") async throws
        -> [JSON]
    {
        var query: KubeConnection.Query = []
        if !labels.isEmpty { query.append(("labelSelector", labels)) }
        if !fields.isEmpty { query.append(("fieldSelector", fields)) }
        return try await session.get(resource.path(namespace: namespace), query)["items"].array ?? []
    }

    /// How the pods of a controller are.
    func podCounts(_ selector: String) async throws -> PodCounts {
        var counts = PodCounts()
        for pod in try await list(.pods, item.namespace, labels: selector) {
            let owner = (pod["metadata"]["ownerReferences"].array ?? []).first { $0["controller"].bool == true }
            guard let owner, owner["uid"] == object["metadata"]["uid"] else { continue }
            switch pod["status"]["phase"].string {
            case "Running": counts.running += 1
            case "Pending": counts.waiting += 1
            case "Succeeded": counts.succeeded += 1
            case "Failed": counts.failed += 1
            default: break
            }
        }
        return counts
    }
}
