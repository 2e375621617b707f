import CKubeSchema

/// Every type and resource of the built-in API.
package final class Schema: Sendable {
    /// The API of Kubernetes 1.36, read from the program itself at first use.
    package static let builtIn: Schema = {
        do {
            return Schema(try SchemaFile.read(builtInFile))
        } catch {
            fatalError("Sources/CKubeSchema/schema.bin is damaged (\(error)); make it again with `make schema`")
        }
    }()

    static var builtInFile: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: hako_kube_schema_start(), count: hako_kube_schema_size)
    }

    /// All group-versions, served by default or not, in the order in which discovery lists them.
    package let groupVersions: [GroupVersion]
    /// All resources, those of group-versions that are off by default too, in the order of `groupVersions`.
    package let resources: [APIResource]
    /// Definitions that have a kind (`Pod`, `PodList`, `DeleteOptions`, …), by the name of their type.
    package let kinds: [String: [GroupVersionKind]]

    private let types: [String: SchemaType]
    private let typesByKind: [GroupVersionKind: SchemaType]
    private let on: Set<GroupVersion>
    private let byPlural: [GroupVersion: [String: Int]]
    private let byKind: [GroupVersionKind: Int]

    init(_ parts: SchemaFile.Parts) {
        types = Dictionary(parts.named.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        groupVersions = parts.groupVersions
        resources = parts.resources
        on = Set(parts.on)
        kinds = parts.kinds
        var typesByKind: [GroupVersionKind: SchemaType] = [:]
        for (name, list) in parts.kinds { for kind in list { typesByKind[kind] = types[name] } }
        self.typesByKind = typesByKind
        var byPlural: [GroupVersion: [String: Int]] = [:]
        var byKind: [GroupVersionKind: Int] = [:]
        for (at, resource) in parts.resources.enumerated() {
            byPlural[resource.groupVersion, default: [:]][resource.plural] = at
            byKind[GroupVersionKind(resource.groupVersion, resource.kind)] = at
        }
        self.byPlural = byPlural
        self.byKind = byKind
    }

    /// The definition of that published name: `io.k8s.api.core.v1.PodSpec`.
    package func type(_ name: String) -> SchemaType? { types[name] }

    /// The type of a kind: of a resource, of a list of them, or of what requests carry (`DeleteOptions`, `Scale`).
    ///
    /// The kinds that every group-version has, `DeleteOptions` and `WatchEvent`, are found in each.
    package func type(_ groupVersion: GroupVersion, kind: String) -> SchemaType? {
        if let type = typesByKind[GroupVersionKind(groupVersion, kind)] { return type }
        guard kind == "DeleteOptions" || kind == "WatchEvent" else { return nil }
        return typesByKind[GroupVersionKind(GroupVersion("", "v1"), kind)]
    }

    /// A type of `meta/v1` by its short name: `ObjectMeta`.
    package func meta(_ name: String) -> SchemaType? { types[SchemaFile.meta + name] }

    package var typeNames: [String] { types.keys.sorted() }

    package func resource(_ groupVersion: GroupVersion, plural: String) -> APIResource? {
        byPlural[groupVersion]?[plural].map { resources[$0] }
    }

    package func resource(_ groupVersion: GroupVersion, kind: String) -> APIResource? {
        byKind[GroupVersionKind(groupVersion, kind)].map { resources[$0] }
    }

    package func resources(of groupVersion: GroupVersion) -> [APIResource] {
        resources.filter { $0.groupVersion == groupVersion }
    }

    /// Whether the group-version is served without `--runtime-config` asking for it.
    package func isOnByDefault(_ groupVersion: GroupVersion) -> Bool { on.contains(groupVersion) }
}

/// Group, version and kind: `apps/v1, Kind=Deployment`.
package struct GroupVersionKind: Sendable, Hashable, CustomStringConvertible {
    package let groupVersion: GroupVersion
    package let kind: String

    package init(_ groupVersion: GroupVersion, _ kind: String) {
        self.groupVersion = groupVersion
        self.kind = kind
    }

    /// As Go prints it.
    package var description: String { "\(groupVersion), Kind=\(kind)" }
}
