import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

/// What was applied once, is selected, and is in no file now.
struct PruneSearch: Sendable {
    let session: Session
    /// A label selector; nil or "": all.
    let labels: String?
    /// `group/version/Kind`; empty: the usual types.
    let types: [String]

    /// Types that are looked through when none are named, those without a namespace last.
    private static let usual = [
        "v1/ConfigMap", "v1/Endpoints", "v1/PersistentVolumeClaim", "v1/Pod", "v1/ReplicationController", "v1/Secret",
        "v1/Service", "batch/v1/Job", "batch/v1/CronJob", "networking.k8s.io/v1/Ingress", "apps/v1/DaemonSet",
        "apps/v1/Deployment", "apps/v1/ReplicaSet", "apps/v1/StatefulSet", "v1/Namespace", "v1/PersistentVolume",
    ]

    /// - Parameter uids: of objects that are in files.
    func found(_ namespaces: Set<String>, without uids: Set<String>) async throws -> [Item] {
        let names = ResourceNames(try await session.resources())
        var items: [Item] = []
        for text in types.isEmpty ? Self.usual : types.map({ $0.replacing("core/", with: "") }) {
            let parts = text.parts("/")
            guard let kind = parts.last,
                let resource = names.find(apiVersion: parts.dropLast().joined(separator: "/"), kind: kind)
            else { continue }
            for namespace in resource.isNamespaced ? namespaces.sorted() : [""] {
                items += try await found(resource, namespace, uids)
            }
        }
        return items
    }

    private func found(_ resource: ServedResource, _ namespace: String, _ uids: Set<String>) async throws -> [Item] {
        var query: KubeConnection.Query = []
        if let labels, !labels.isEmpty { query.append(("labelSelector", labels)) }
        let list = try await session.get(resource.id.path(namespace: namespace), query)
        return (list["items"].array ?? []).compactMap { object in
            let metadata = object["metadata"]
            guard metadata["annotations"][LastApplied.annotation].string != nil,
                !uids.contains(metadata["uid"].string ?? "")
            else { return nil }
            return Item(
                resource: resource, namespace: namespace, name: metadata["name"].string ?? "",
                object: Following.whole(object, resource))
        }
    }
}

/// `apply --prune`: deletes it.
struct Pruning: Sendable {
    let options: ApplyOptions
    let session: Session
    let dryRun: DryRun
    let printer: ObjectPrinter

    func run(_ applied: [Item], keeping uids: Set<String>) async throws {
        let namespaces = Set(applied.map(\.namespace).filter { !$0.isEmpty } + [try session.namespace])
        let search = PruneSearch(session: session, labels: options.labels, types: options.pruneList)
        for item in try await search.found(namespaces, without: uids) {
            if dryRun != .client {
                var body: JSON = ["kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"]
                if options.grace >= 0 { body["gracePeriodSeconds"] = .init(options.grace) }
                if dryRun == .server { body["dryRun"] = ["All"] }
                _ = try await session.send(.DELETE, item.path, [], body)
            }
            try printer.print(item, "pruned\(dryRun.suffix)")
        }
    }
}
