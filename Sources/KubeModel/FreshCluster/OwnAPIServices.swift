import JSON

/// APIService objects for what a server serves itself: its own groups' versions, and those of definitions.
package enum OwnAPIServices {
    /// Told at the object: made when the server starts, or kept as long as a definition has the version.
    package enum Keeping: String, Sendable { case onStart = "onstart", always = "true" }

    package static let label = "kube-aggregator.kubernetes.io/automanaged"

    /// The original's order of groups and versions; the higher comes first.
    private static let priorities: [String: (group: Int, version: Int)] = [
        "v1.": (18_000, 1), "v1.apps": (17_800, 15), "v1.events.k8s.io": (17_750, 15),
        "v1.authentication.k8s.io": (17_700, 15), "v1beta1.authentication.k8s.io": (17_700, 9),
        "v1alpha1.authentication.k8s.io": (17_700, 1), "v1.authorization.k8s.io": (17_600, 15),
        "v1.autoscaling": (17_500, 15), "v2.autoscaling": (17_500, 30), "v1.batch": (17_400, 15),
        "v1.certificates.k8s.io": (17_300, 15), "v1beta1.certificates.k8s.io": (17_300, 9),
        "v1alpha1.certificates.k8s.io": (17_300, 1), "v1.networking.k8s.io": (17_200, 15),
        "v1beta1.networking.k8s.io": (17_200, 9), "v1.policy": (17_100, 15),
        "v1.rbac.authorization.k8s.io": (17_000, 15),
        "v1.storage.k8s.io": (16_800, 15), "v1beta1.storage.k8s.io": (16_800, 9),
        "v1alpha1.storage.k8s.io": (16_800, 1), "v1.apiextensions.k8s.io": (16_700, 15),
        "v1.admissionregistration.k8s.io": (16_700, 15), "v1beta1.admissionregistration.k8s.io": (16_700, 12),
        "v1alpha1.admissionregistration.k8s.io": (16_700, 9), "v1.scheduling.k8s.io": (16_600, 15),
        "v1.coordination.k8s.io": (16_500, 15), "v1beta1.coordination.k8s.io": (16_500, 13),
        "v1alpha2.coordination.k8s.io": (16_500, 12), "v1.node.k8s.io": (16_300, 15),
        "v1.discovery.k8s.io": (16_200, 15), "v1beta1.discovery.k8s.io": (16_200, 12),
        "v1.resource.k8s.io": (16_200, 21), "v1.flowcontrol.apiserver.k8s.io": (16_100, 21),
        "v1beta3.flowcontrol.apiserver.k8s.io": (16_100, 18), "v1alpha1.internal.apiserver.k8s.io": (16_000, 9),
        "v1alpha3.resource.k8s.io": (15_900, 9), "v1beta1.storagemigration.k8s.io": (15_800, 9),
    ]
    private static let ofDefinitions = (group: 1_000, version: 100)

    package static func name(_ version: GroupVersion) -> String { "\(version.version).\(version.group)" }

    /// Nil for a version that has no place in the order.
    package static func object(_ version: GroupVersion, _ keeping: Keeping) -> JSON? {
        let name = name(version)
        guard let priority = keeping == .always ? ofDefinitions : priorities[name] else { return nil }
        var spec: JSON = [:]
        if !version.group.isEmpty { spec["group"] = .string(version.group) }
        spec["version"] = .string(version.version)
        spec["groupPriorityMinimum"] = JSON(priority.group)
        spec["versionPriority"] = JSON(priority.version)
        return [
            "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
            "metadata": ["name": .string(name), "labels": [label: .string(keeping.rawValue)]], "spec": spec,
        ]
    }

    /// The status of one that no Service stands behind.
    package static func localStatus(_ now: Double) -> JSON {
        [
            "conditions": [
                [
                    "type": "Available", "status": "True",
                    "lastTransitionTime": .string(Timestamp(seconds: Int(now)).text), "reason": "Local",
                    "message": "Local APIServices are always available",
                ]
            ]
        ]
    }

    /// What is to be made, deleted, and told to be available.
    package struct Plan: Sendable, Equatable {
        package var made: [JSON] = []
        package var gone: [String] = []
        package var available: [String] = []
    }

    /// - Parameters:
    ///   - own: the server's own versions; empty but when it starts, for what people delete stays deleted until then.
    ///   - defined: those that definitions serve.
    package static func plan(own: [GroupVersion], defined: [GroupVersion], existing: [JSON]) -> Plan {
        var plan = Plan()
        let names = Set(existing.compactMap { $0["metadata"]["name"].string })
        let wanted = own.map { ($0, Keeping.onStart) } + defined.map { ($0, Keeping.always) }
        for (version, keeping) in wanted where !names.contains(name(version)) {
            if let object = object(version, keeping) { plan.made.append(object) }
        }
        let kept = Set(defined.map(name))
        for object in existing {
            let name = object["metadata"].text("name")
            if object["metadata"]["labels"][label].string == Keeping.always.rawValue, !kept.contains(name) {
                plan.gone.append(name)
            } else if object["spec"]["service"].isNull, !isAvailable(object) {
                plan.available.append(name)
            }
        }
        return plan
    }

    private static func isAvailable(_ object: JSON) -> Bool {
        object["status"].list("conditions").contains { $0.text("type") == "Available" && $0.text("status") == "True" }
    }
}
