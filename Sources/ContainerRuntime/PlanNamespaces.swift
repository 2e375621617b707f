import Fault
import JSON

/// `linux.namespaces`, id maps and time offsets of the runtime-spec.
struct PlanNamespaces {
    private(set) var plans: [NamespacePlan] = []
    let uidMappings: [IDMapping]
    let gidMappings: [IDMapping]

    private static let kinds: [String: NamespaceKind] = [
        "pid": .pid, "network": .network, "mount": .mount, "ipc": .ipc, "uts": .uts, "user": .user, "cgroup": .cgroup,
        "time": .time,
    ]

    enum Limit {
        /// Lines the kernel takes in uid_map (user_namespaces(7)).
        static let mappings = 340
    }

    init(_ linux: PlanValue) throws(Fault) {
        for entry in try linux["namespaces"].list() {
            let type = try entry["type"].requiredString()
            guard let kind = Self.kinds[type] else {
                throw entry["type"].fault("is \"\(type)\", which is no namespace")
            }
            guard !plans.contains(where: { $0.kind == kind }) else {
                throw entry.fault("names the \(type) namespace a second time")
            }
            let path = try entry["path"].string() ?? ""
            if !path.isEmpty, !path.hasPrefix("/") { throw entry["path"].fault("must be absolute") }
            plans.append(NamespacePlan(kind: kind, path: path.isEmpty ? nil : path))
        }
        uidMappings = try Self.mappings(linux["uidMappings"])
        gidMappings = try Self.mappings(linux["gidMappings"])
        if isNew(.user) {
            guard !uidMappings.isEmpty, !gidMappings.isEmpty else {
                throw linux.fault("has a new user namespace but no uidMappings or gidMappings")
            }
        } else if !has(.user), !uidMappings.isEmpty || !gidMappings.isEmpty {
            throw linux.fault("has uidMappings or gidMappings but no user namespace")
        }
    }

    func has(_ kind: NamespaceKind) -> Bool { plans.contains { $0.kind == kind } }
    func isNew(_ kind: NamespaceKind) -> Bool { plans.contains { $0.kind == kind && $0.path == nil } }
    func path(_ kind: NamespaceKind) -> String? { plans.first { $0.kind == kind }?.path }

    static func mappings(_ value: PlanValue) throws(Fault) -> [IDMapping] {
        let entries = try value.list()
        guard entries.count <= Limit.mappings else { throw value.fault("has more than \(Limit.mappings) entries") }
        var result: [IDMapping] = []
        for entry in entries {
            guard let inside = try entry["containerID"].number(UInt32.self),
                let outside = try entry["hostID"].number(UInt32.self),
                let count = try entry["size"].number(UInt32.self), count > 0
            else { throw entry.fault("needs containerID, hostID and a size above 0") }
            result.append(IDMapping(inside: inside, outside: outside, count: count))
        }
        return result
    }

    static func offset(_ value: PlanValue) throws(Fault) -> (seconds: Int64, nanoseconds: UInt32)? {
        guard value.isPresent else { return nil }
        return (try value["secs"].number(Int64.self) ?? 0, try value["nanosecs"].number(UInt32.self) ?? 0)
    }
}
