import JSON
import KubeModel

/// What one kind of object uses of a quota.
protocol QuotaEvaluator: Sendable {
    func handles(_ request: AdmissionRequest) -> Bool
    /// Those of a quota's resources that are about this kind.
    func matching(_ names: [String]) -> [String]
    func usage(_ object: JSON) -> ResourceAmounts
    /// Whether the object is of the scope; false for scopes that are of other kinds.
    func isInScope(_ selector: JSON, _ object: JSON) -> Bool
    /// Why an object can't be counted; nil when it can.
    func fault(_ required: [String], _ object: JSON) -> String?
}

extension QuotaEvaluator {
    func isInScope(_ selector: JSON, _ object: JSON) -> Bool { false }
    func fault(_ required: [String], _ object: JSON) -> String? { nil }

    /// Whether the quota counts the object: by at least one resource, and by all of its scopes.
    func matches(_ quota: JSON, _ object: JSON) -> Bool {
        let names = quota["status", "hard"].object?.names ?? []
        return !matching(names).isEmpty && QuotaScopes.selectors(quota).allSatisfy { isInScope($0, object) }
    }
}

enum QuotaScopes {
    /// A quota's scopes of both forms, as requirements.
    static func selectors(_ quota: JSON) -> [JSON] {
        quota["spec", "scopes"].strings.map { ["scopeName": .string($0), "operator": "Exists"] }
            + quota["spec", "scopeSelector"].list("matchExpressions")
    }

    /// Whether a value (nil: none) is what the requirement asks for.
    static func holds(_ selector: JSON, _ value: String?) -> Bool {
        let values = selector["values"].strings
        switch selector.text("operator") {
        case "Exists": return value != nil
        case "DoesNotExist": return value == nil
        case "In": return value.map(values.contains) ?? false
        case "NotIn": return !(value.map(values.contains) ?? false)
        default: return false
        }
    }
}

/// How many objects of a kind there are: `count/deployments.apps`, and for some old kinds the bare name too.
struct ObjectCountEvaluator: QuotaEvaluator {
    let names: [String]

    private static let aliased: Set<String> = [
        "configmaps", "resourcequotas", "replicationcontrollers", "secrets",
    ]

    init(group: String, resource: String) {
        let count = group.isEmpty ? "count/\(resource)" : "count/\(resource).\(group)"
        names = group.isEmpty && Self.aliased.contains(resource) ? [count, resource] : [count]
    }

    func handles(_ request: AdmissionRequest) -> Bool { request.operation == .create && request.subresource.isEmpty }
    func matching(_ names: [String]) -> [String] { names.filter(self.names.contains) }
    func usage(_ object: JSON) -> ResourceAmounts {
        Dictionary(names.map { ($0, Quantity(1)) }, uniquingKeysWith: { first, _ in first })
    }
}

/// Services, and of them node ports and load balancers.
struct ServiceQuotaEvaluator: QuotaEvaluator {
    private static let names = ["count/services", "services", "services.nodeports", "services.loadbalancers"]

    func handles(_ request: AdmissionRequest) -> Bool {
        request.subresource.isEmpty && (request.operation == .create || request.operation == .update)
    }
    func matching(_ names: [String]) -> [String] { names.filter(Self.names.contains) }

    func usage(_ object: JSON) -> ResourceAmounts {
        let spec = object["spec"], ports = spec.list("ports")
        let type = spec.text("type")
        var nodePorts = 0
        if type == "NodePort" || type == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"] != false {
            nodePorts = ports.count
        } else if type == "LoadBalancer" {
            nodePorts = ports.filter { ($0["nodePort"].int ?? 0) != 0 }.count
        }
        return [
            "count/services": Quantity(1), "services": Quantity(1), "services.nodeports": Quantity(nodePorts),
            "services.loadbalancers": Quantity(type == "LoadBalancer" ? 1 : 0),
        ]
    }
}

/// Claims and the storage that they ask for, altogether and by storage class.
struct ClaimQuotaEvaluator: QuotaEvaluator {
    private static let names = ["persistentvolumeclaims", "requests.storage"]
    private static let classMark = ".storageclass.storage.k8s.io/"

    func handles(_ request: AdmissionRequest) -> Bool {
        switch request.subresource {
        case "": request.operation == .create || request.operation == .update
        case "status":
            request.operation == .update
                && (request.object["status", "allocatedResources"] != request.old["status", "allocatedResources"]
                    || Self.attributeClasses(request.object) != Self.attributeClasses(request.old))
        default: false
        }
    }

    func matching(_ names: [String]) -> [String] {
        names.filter { name in
            name == "count/persistentvolumeclaims" || Self.names.contains(name)
                || Self.names.contains { name.hasSuffix(Self.classMark + $0) }
        }
    }

    func usage(_ object: JSON) -> ResourceAmounts {
        var usage: ResourceAmounts = [
            "persistentvolumeclaims": Quantity(1), "count/persistentvolumeclaims": Quantity(1),
        ]
        let className =
            object["metadata", "annotations", "volume.beta.kubernetes.io/storage-class"].string
            ?? object["spec", "storageClassName"].string ?? ""
        if !className.isEmpty { usage["\(className)\(Self.classMark)persistentvolumeclaims"] = Quantity(1) }
        guard var storage = Quantity(object["spec", "resources", "requests", "storage"]) else { return usage }
        if let allocated = Quantity(object["status", "allocatedResources", "storage"]),
            allocated.compare(to: storage) > 0
        {
            storage = allocated
        }
        // Whole bytes only: a quota's own amounts are.
        if !storage.isInteger { storage = Quantity(storage.value) }
        usage["requests.storage"] = storage
        if !className.isEmpty { usage["\(className)\(Self.classMark)requests.storage"] = storage }
        return usage
    }

    func isInScope(_ selector: JSON, _ object: JSON) -> Bool {
        guard selector["scopeName"] == "VolumeAttributesClass" else { return false }
        let names = Self.attributeClasses(object)
        return names.isEmpty ? QuotaScopes.holds(selector, nil) : names.contains { QuotaScopes.holds(selector, $0) }
    }

    private static func attributeClasses(_ claim: JSON) -> Set<String> {
        Set(
            [
                claim["spec", "volumeAttributesClassName"], claim["status", "currentVolumeAttributesClassName"],
                claim["status", "modifyVolumeStatus", "targetVolumeAttributesClassName"],
            ].compactMap(\.string).filter { !$0.isEmpty })
    }
}
