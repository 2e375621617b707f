import JSON

/// What a server tells of itself: groups, versions and resources, for whatever it serves now, custom resources too.
package struct Discovery: Sendable {
    /// What is served, in the order in which it is told.
    package let groupVersions: [GroupVersion]
    private let resources: [GroupVersion: [APIResource]]

    /// - Parameters:
    ///   - resources: what is served. Custom resources may come in any order.
    ///   - order: group-versions of known priority, first first. What isn't there comes after, by its name.
    package init(_ resources: [APIResource], order: [GroupVersion] = Schema.builtIn.groupVersions) {
        self.resources = Dictionary(grouping: resources, by: \.groupVersion)
        let places = Dictionary(order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let groups = Dictionary(order.enumerated().map { ($1.group, $0) }, uniquingKeysWith: { first, _ in first })
        groupVersions = self.resources.keys.sorted { a, b in
            if a.group != b.group {
                let (first, second) = (groups[a.group] ?? .max, groups[b.group] ?? .max)
                return first != second ? first < second : a.group < b.group
            }
            let (first, second) = (places[a] ?? .max, places[b] ?? .max)
            return first != second ? first < second : VersionOrder.isBefore(a.version, b.version)
        }
    }

    /// Named groups in order, each once; the core group has no name.
    package var groups: [String] {
        var seen: Set<String> = [""]
        return groupVersions.map(\.group).filter { seen.insert($0).inserted }
    }

    private func versions(of group: String) -> [GroupVersion] { groupVersions.filter { $0.group == group } }
}

/// The documents under `/api` and `/apis`.
extension Discovery {
    /// `/api`.
    /// - Parameter serverAddress: `10.0.0.1:6443`, where clients of any network reach the server.
    package func coreVersions(serverAddress: String) -> JSON {
        [
            "kind": "APIVersions", "versions": JSON(versions(of: "").map(\.version)),
            "serverAddressByClientCIDRs": [
                ["clientCIDR": "0.0.0.0/0", "serverAddress": .string(serverAddress)]
            ],
        ]
    }

    /// `/apis`.
    package var groupList: JSON {
        [
            "kind": "APIGroupList", "apiVersion": "v1",
            "groups": .array(groups.map { .object(JSONObject(group(named: $0))) }),
        ]
    }

    /// `/apis/GROUP`; nil when no version of it is served.
    package func group(_ name: String) -> JSON? {
        guard !name.isEmpty, !versions(of: name).isEmpty else { return nil }
        let head: [(String, JSON)] = [("kind", "APIGroup"), ("apiVersion", "v1")]
        return .object(JSONObject(head + group(named: name)))
    }

    private func group(named name: String) -> [(String, JSON)] {
        let versions: [JSON] = versions(of: name).map {
            ["groupVersion": .string($0.description), "version": .string($0.version)]
        }
        return [("name", .string(name)), ("versions", .array(versions)), ("preferredVersion", versions[0])]
    }

    /// `/api/VERSION`, `/apis/GROUP/VERSION`; nil when it isn't served.
    package func resourceList(_ groupVersion: GroupVersion) -> JSON? {
        guard let resources = resources[groupVersion] else { return nil }
        var entries: [(name: String, entry: JSON)] = []
        for resource in resources {
            entries.append((resource.plural, entry(resource)))
            for subresource in resource.subresources {
                let name = "\(resource.plural)/\(subresource.name)"
                entries.append((name, entry(name, subresource, of: resource)))
            }
        }
        var list: JSON = ["kind": "APIResourceList"]
        // The core group's list has never had one.
        if !groupVersion.group.isEmpty { list["apiVersion"] = "v1" }
        list["groupVersion"] = .string(groupVersion.description)
        list["resources"] = .array(entries.sorted { $0.name < $1.name }.map(\.entry))
        return list
    }

    private func entry(_ resource: APIResource) -> JSON {
        var entry: JSON = [
            "name": .string(resource.plural), "singularName": .string(resource.singular),
            "namespaced": .bool(resource.isNamespaced), "kind": .string(resource.kind), "verbs": JSON(resource.verbs),
        ]
        if !resource.shortNames.isEmpty { entry["shortNames"] = JSON(resource.shortNames) }
        if !resource.categories.isEmpty { entry["categories"] = JSON(resource.categories) }
        if !resource.storageVersionHash.isEmpty { entry["storageVersionHash"] = .string(resource.storageVersionHash) }
        return entry
    }

    private func entry(_ name: String, _ subresource: APIResource.Subresource, of resource: APIResource) -> JSON {
        var entry: JSON = [
            "name": .string(name), "singularName": "", "namespaced": .bool(resource.isNamespaced),
        ]
        if subresource.groupVersion != resource.groupVersion {
            entry["group"] = .string(subresource.groupVersion.group)
            entry["version"] = .string(subresource.groupVersion.version)
        }
        entry["kind"] = .string(subresource.kind)
        entry["verbs"] = JSON(subresource.verbs)
        return entry
    }
}

/// Everything at once (`apidiscovery.k8s.io`), which newer clients ask for at `/api` and `/apis`.
extension Discovery {
    /// - Parameters:
    ///   - isCore: for `/api`; the named groups otherwise.
    ///   - version: `v2`, or `v2beta1` for clients that know nothing newer.
    package func aggregated(isCore: Bool, version: String = "v2") -> JSON {
        let items: [JSON] = (isCore ? [""] : groups).map { group in
            [
                "metadata": group.isEmpty ? [:] : ["name": .string(group)],
                "versions": .array(
                    versions(of: group).map { groupVersion in
                        [
                            "version": .string(groupVersion.version),
                            "resources": .array(
                                (resources[groupVersion] ?? []).sorted { $0.plural < $1.plural }.map(discovered)),
                            "freshness": "Current",
                        ]
                    }),
            ]
        }
        return [
            "kind": "APIGroupDiscoveryList", "apiVersion": .string("apidiscovery.k8s.io/\(version)"), "metadata": [:],
            "items": .array(items),
        ]
    }

    private func discovered(_ resource: APIResource) -> JSON {
        var entry: JSON = [
            "resource": .string(resource.plural),
            "responseKind": responseKind(resource.kind, resource.groupVersion, of: resource),
            "scope": resource.isNamespaced ? "Namespaced" : "Cluster",
            "singularResource": .string(resource.singular), "verbs": JSON(resource.verbs),
        ]
        if !resource.shortNames.isEmpty { entry["shortNames"] = JSON(resource.shortNames) }
        if !resource.categories.isEmpty { entry["categories"] = JSON(resource.categories) }
        let subresources: [JSON] = resource.subresources.sorted { $0.name < $1.name }.map { subresource in
            [
                "subresource": .string(subresource.name),
                "responseKind": responseKind(subresource.kind, subresource.groupVersion, of: resource),
                "verbs": JSON(subresource.verbs),
            ]
        }
        if !subresources.isEmpty { entry["subresources"] = .array(subresources) }
        return entry
    }

    /// Built-in resources leave out a group and version that are their own, custom ones don't.
    private func responseKind(_ kind: String, _ groupVersion: GroupVersion, of resource: APIResource) -> JSON {
        let isOwn = groupVersion == resource.groupVersion && !resource.isCustom
        return [
            "group": isOwn ? "" : .string(groupVersion.group), "version": isOwn ? "" : .string(groupVersion.version),
            "kind": .string(kind),
        ]
    }
}
