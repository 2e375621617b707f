import JSON
import NIOConcurrencyHelpers

@testable import KubeAPIServer

/// Objects in memory, as the server's cache shows them.
final class FakeObjects: ObjectReader {
    private let stored: NIOLockedValueBox<[(resource: String, object: JSON)]>

    init(_ objects: [(String, JSON)] = []) { stored = NIOLockedValueBox(objects.map { ($0.0, $0.1) }) }

    /// - Parameter resource: `pods`, `roles.rbac.authorization.k8s.io`.
    func add(_ resource: String, _ object: JSON) { stored.withLockedValue { $0.append((resource, object)) } }

    func replace(_ resource: String, _ object: JSON) {
        remove(resource, Self.namespace(object), Self.name(object))
        add(resource, object)
    }

    func remove(_ resource: String, _ namespace: String, _ name: String) {
        stored.withLockedValue {
            $0.removeAll {
                $0.resource == resource && Self.namespace($0.object) == namespace && Self.name($0.object) == name
            }
        }
    }

    func object(group: String, resource: String, namespace: String, name: String) -> JSON? {
        objects(group: group, resource: resource, namespace: namespace)
            .first { Self.name($0) == name && Self.namespace($0) == namespace }
    }

    func objects(group: String, resource: String, namespace: String) -> [JSON] {
        let qualified = group.isEmpty ? resource : "\(resource).\(group)"
        return stored.withLockedValue { all in
            all.filter { $0.resource == qualified && (namespace.isEmpty || Self.namespace($0.object) == namespace) }
                .map(\.object)
        }
    }

    private static func name(_ object: JSON) -> String { object["metadata", "name"].string ?? "" }
    private static func namespace(_ object: JSON) -> String { object["metadata", "namespace"].string ?? "" }
}

extension FakeObjects {
    /// With the bootstrap roles and bindings.
    static func bootstrapped() -> FakeObjects {
        let objects = FakeObjects()
        for entry in BootstrapPolicy.entries + [BootstrapPolicy.administratorBinding] {
            objects.add("\(entry.resource).rbac.authorization.k8s.io", entry.object)
        }
        return objects
    }
}
