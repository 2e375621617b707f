import Fault
import JSON
import KubeModel
import NIOHTTP1

/// A resource as a server's discovery names it.
package struct ServedResource: Sendable, Hashable {
    package let group: String, version: String
    /// Plural.
    package let name: String
    package let singular: String
    package let kind: String
    package let isNamespaced: Bool
    package let verbs: [String]
    package let shortNames: [String]
    package let categories: [String]
    package let subresources: [String]
    /// The group of the subresources' kinds by subresource, `scale`: `autoscaling/v1/Scale`.
    package let subresourceKinds: [String: String]

    package init(
        group: String, version: String, name: String, singular: String, kind: String, isNamespaced: Bool,
        verbs: [String], shortNames: [String], categories: [String], subresources: [String],
        subresourceKinds: [String: String]
    ) {
        self.group = group
        self.version = version
        self.name = name
        self.singular = singular
        self.kind = kind
        self.isNamespaced = isNamespaced
        self.verbs = verbs
        self.shortNames = shortNames
        self.categories = categories
        self.subresources = subresources
        self.subresourceKinds = subresourceKinds
    }

    package var id: ResourceID { ResourceID(group, version, name) }
    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    /// `deployments.apps`, `pods`.
    package var qualifiedName: String { group.isEmpty ? name : "\(name).\(group)" }
    /// `deployment.apps`, `pod`: how kubectl names objects.
    package var objectName: String {
        group.isEmpty ? kind.lowercased() : "\(kind.lowercased()).\(group)"
    }
}

/// All resources of a server, in its order: groups as it lists them, in each the preferred version first.
package struct ServedResources: Sendable {
    package let all: [ServedResource]
    /// Groups whose list could not be had, each with why.
    package let failures: [String]

    package init(all: [ServedResource], failures: [String] = []) {
        self.all = all
        self.failures = failures
    }

    private static let aggregated =
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
        + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

    package static func of(_ connection: KubeConnection) async throws -> ServedResources {
        async let core = connection.json(.GET, "/api", headers: [("Accept", aggregated)])
        async let named = connection.json(.GET, "/apis", headers: [("Accept", aggregated)])
        let (first, second) = try await (core, named)
        if first["kind"].string == "APIGroupDiscoveryList", second["kind"].string == "APIGroupDiscoveryList" {
            return ServedResources(all: (Self.items(first) + Self.items(second)).flatMap(Self.group))
        }
        return try await old(connection, core: first, groups: second)
    }

    private static func items(_ list: JSON) -> [JSON] { list["items"].array ?? [] }

    private static func group(_ group: JSON) -> [ServedResource] {
        let name = group["metadata"]["name"].string ?? ""
        return (group["versions"].array ?? []).flatMap { version in
            (version["resources"].array ?? []).map { resource in
                let parts = resource["subresources"].array ?? []
                let kinds = parts.map { part in
                    (
                        part["subresource"].string ?? "",
                        [part["responseKind"]["group"], part["responseKind"]["version"], part["responseKind"]["kind"]]
                            .compactMap(\.string).filter { !$0.isEmpty }.joined(separator: "/")
                    )
                }
                return ServedResource(
                    group: name, version: version["version"].string ?? "", name: resource["resource"].string ?? "",
                    singular: resource["singularResource"].string ?? "",
                    kind: resource["responseKind"]["kind"].string ?? "",
                    isNamespaced: resource["scope"].string == "Namespaced", verbs: resource["verbs"].strings,
                    shortNames: resource["shortNames"].strings, categories: resource["categories"].strings,
                    subresources: parts.compactMap { $0["subresource"].string },
                    subresourceKinds: Dictionary(kinds) { first, _ in first })
            }
        }
    }

    /// Of a server without aggregated discovery: a request a group and version.
    private static func old(_ connection: KubeConnection, core: JSON, groups: JSON) async throws -> ServedResources {
        var places = core["versions"].strings.map { (group: "", version: $0, path: "/api/\($0)") }
        for group in groups["groups"].array ?? [] {
            let preferred = group["preferredVersion"]["version"].string ?? ""
            let versions = (group["versions"].array ?? []).compactMap { $0["version"].string }
            for version in [preferred] + versions.filter({ $0 != preferred }) {
                let name = group["name"].string ?? ""
                places.append((name, version, "/apis/\(name)/\(version)"))
            }
        }
        var all: [ServedResource] = [], failures: [String] = []
        for place in places {
            do {
                let list = try await connection.json(.GET, place.path)
                all += resources(list["resources"].array ?? [], place.group, place.version)
            } catch let status as APIStatus {
                failures.append("\(GroupVersion(place.group, place.version)): \(status.message)")
            }
        }
        return ServedResources(all: all, failures: failures)
    }

    private static func resources(_ list: [JSON], _ group: String, _ version: String) -> [ServedResource] {
        list.filter { !($0["name"].string ?? "").contains("/") }.map { resource in
            let name = resource["name"].string ?? ""
            let parts = list.compactMap { $0["name"].string }.filter { $0.hasPrefix(name + "/") }
            return ServedResource(
                group: group, version: version, name: name, singular: resource["singularName"].string ?? "",
                kind: resource["kind"].string ?? "", isNamespaced: resource["namespaced"].bool ?? false,
                verbs: resource["verbs"].strings, shortNames: resource["shortNames"].strings,
                categories: resource["categories"].strings,
                subresources: parts.map { String($0.dropFirst(name.count + 1)) }, subresourceKinds: [:])
        }
    }
}
