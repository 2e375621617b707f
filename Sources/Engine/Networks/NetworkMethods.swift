import ContainerNetwork
import DockerModel
import Fault
import JSON

// The Engine API's networks.
extension Engine {
    private static let listFilters: Set<String> = ["dangling", "driver", "id", "label", "name", "scope", "type"]
    private static let pruneFilters: Set<String> = ["label", "label!", "until"]

    package func listNetworks(_ filters: Filters) async throws -> [JSON] {
        try filters.check(Self.listFilters)
        let used = usedNetworks()
        return try await network.list().filter { document in
            try Self.matches(document, filters, isUsed: Self.isUsed(document, used))
        }.map { document in
            // Members are shown by inspect only.
            var short = document
            short["Containers"] = [:]
            return short
        }
    }

    private static func matches(_ document: JSON, _ filters: Filters, isUsed: Bool) throws -> Bool {
        let name = document["Name"].string ?? "", id = document["Id"].string ?? ""
        func any(_ key: String, _ holds: (String) throws -> Bool) rethrows -> Bool {
            let wanted = filters[key]
            return try wanted.isEmpty || wanted.contains(where: holds)
        }
        let isBuiltIn = predefined.contains(name)
        return try any("name") { name.contains($0) } && any("id") { id.hasPrefix($0) }
            && any("driver") { document["Driver"].string == $0 } && any("scope") { document["Scope"].string == $0 }
            && LabelFilter.accepts(filters, labels: document["Labels"].stringMap)
            && any("dangling") { text in
                switch text {
                case "1", "true": return !isBuiltIn && !isUsed
                case "0", "false": return isBuiltIn || isUsed
                default: throw Fault(.invalid, "invalid filter 'dangling=[\(text)]'")
                }
            }
            && any("type") { text in
                switch text {
                case "builtin": return isBuiltIn
                case "custom": return !isBuiltIn
                default: throw Fault(.invalid, "invalid filter: 'type'='\(text)'")
                }
            }
    }

    private static let predefined: Set<String> = ["bridge", "host", "none"]

    /// Names and IDs of networks that a container is on, or will be when it starts.
    private func usedNetworks() -> Set<String> {
        Set(
            containers.all.flatMap { container in
                container.record.endpoints.flatMap { [$0.network, $0.state?.networkID ?? ""] }
            })
    }

    private static func isUsed(_ document: JSON, _ used: Set<String>) -> Bool {
        used.contains(document["Name"].string ?? "") || used.contains(document["Id"].string ?? "")
            || document["Containers"].object?.isEmpty == false
    }

    package func inspectNetwork(_ ref: String, verbose: Bool) async throws -> JSON { try await network.inspect(ref) }

    package func createNetwork(_ body: JSON) async throws -> JSON {
        let answer = try await network.create(body)
        publish(
            .network, "create", actor: answer["Id"].string ?? "",
            attributes: ["name": body["Name"].string ?? "", "type": "bridge"])
        return answer
    }

    package func removeNetwork(_ ref: String) async throws {
        let document = try await network.inspect(ref)
        try await network.remove(ref)
        publish(
            .network, "destroy", actor: document["Id"].string ?? "",
            attributes: ["name": document["Name"].string ?? "", "type": document["Driver"].string ?? ""])
    }

    package func pruneNetworks(_ filters: Filters) async throws -> JSON {
        try filters.check(Self.pruneFilters)
        let until = try filters["until"].first.map { try TimeBound.parse($0, now: nowNanoseconds()) }
        let used = usedNetworks()
        var removed: [String] = []
        for document in try await network.list() {
            let name = document["Name"].string ?? ""
            guard !Self.predefined.contains(name), !Self.isUsed(document, used),
                LabelFilter.accepts(filters, labels: document["Labels"].stringMap)
            else { continue }
            if let until, let created = nanoseconds(rfc3339: document["Created"].string ?? ""), created > until {
                continue
            }
            do {
                try await removeNetwork(document["Id"].string ?? name)
                removed.append(name)
            } catch let fault as Fault where fault.kind == .notFound || fault.kind == .denied {
                continue  // removed, or taken into use, meanwhile
            }
        }
        publish(.network, "prune", actor: "", attributes: ["reclaimed": "0"])
        return ["NetworksDeleted": removed.isEmpty ? .null : JSON(removed)]
    }
}
