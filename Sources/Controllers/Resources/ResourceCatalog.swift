import JSON
import KubeClient
import KubeModel
import NIOConcurrencyHelpers

/// A kind of objects that the API serves, in the version that is spoken here.
struct CatalogEntry: Sendable, Hashable {
    let resource: ResourceID
    let kind: String
    let isNamespaced: Bool
    let canWatch: Bool
}

/// Which resources there are: the built-in ones, and those that definitions add.
final class ResourceCatalog: Sendable {
    private struct Kind: Hashable {
        let group: String, kind: String
    }

    static let definitions = ResourceID("apiextensions.k8s.io", "v1", "customresourcedefinitions")

    private let custom = NIOLockedValueBox<[ObjectKey: CatalogEntry]>([:])
    private let observers = NIOLockedValueBox<[@Sendable (CatalogEntry, _ isThere: Bool) -> Void]>([])

    /// - Parameter definitions: nil: there are only built-in resources.
    init(definitions: Informer?) {
        definitions?.observe { [weak self] in self?.note($0) }
    }

    /// Built-in resources that can be listed and deleted, one version of each.
    static let builtIn: [CatalogEntry] = {
        var seen: Set<String> = []
        return Schema.builtIn.resources.compactMap { resource in
            let version = resource.groupVersion
            guard Schema.builtIn.isOnByDefault(version), Set(resource.verbs).isSuperset(of: ["delete", "list"]),
                // The same objects as the core group's.
                !(version.group == "events.k8s.io" && resource.plural == "events"),
                seen.insert("\(version.group)/\(resource.plural)").inserted
            else { return nil }
            return CatalogEntry(
                resource: ResourceID(version.group, version.version, resource.plural), kind: resource.kind,
                isNamespaced: resource.isNamespaced, canWatch: resource.verbs.contains("watch"))
        }
    }()

    private static let builtInKinds = Dictionary(
        builtIn.map { (Kind(group: $0.resource.group, kind: $0.kind), $0) }, uniquingKeysWith: { first, _ in first })

    var all: [CatalogEntry] { Self.builtIn + custom.withLockedValue { Array($0.values) } }

    /// The kind that an owner reference names, in whatever version it names; nil when there is none.
    func find(apiVersion: String, kind: String) -> CatalogEntry? {
        guard let version = GroupVersion(apiVersion: apiVersion) else { return nil }
        if let known = Self.builtInKinds[Kind(group: version.group, kind: kind)] { return known }
        return custom.withLockedValue { all in
            all.values.first { $0.resource.group == version.group && $0.kind == kind }
        }
    }

    /// Told of each resource that definitions add, take away, or serve in another version.
    func observe(_ changed: @escaping @Sendable (CatalogEntry, _ isThere: Bool) -> Void) {
        observers.withLockedValue { $0.append(changed) }
        for entry in custom.withLockedValue({ Array($0.values) }) { changed(entry, true) }
    }

    private func note(_ change: ObjectChange) {
        let new = change.new.flatMap { Self.entry($0) }
        let old = custom.withLockedValue { custom in
            defer { custom[change.key] = new }
            return custom[change.key]
        }
        guard old != new else { return }
        for changed in observers.withLockedValue({ $0 }) {
            if let old { changed(old, false) }
            if let new { changed(new, true) }
        }
    }

    /// Nil while the definition isn't served.
    static func entry(_ definition: JSON) -> CatalogEntry? {
        guard Conditions.find("Established", in: definition["status"]).text("status") == "True" else { return nil }
        let spec = definition["spec"]
        let served = spec.list("versions").filter { $0.flag("served") }
        guard let version = served.first(where: { $0.flag("storage") }) ?? served.first else { return nil }
        return CatalogEntry(
            resource: ResourceID(spec.text("group"), version.text("name"), spec["names"].text("plural")),
            kind: spec["names"].text("kind"), isNamespaced: spec.text("scope") == "Namespaced", canWatch: true)
    }
}
