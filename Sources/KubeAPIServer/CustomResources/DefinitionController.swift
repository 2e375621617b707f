import JSON
import KubeModel
import Logging

/// Serves what CustomResourceDefinitions define: accepts their names, puts their resources into the table and takes them
/// out again, and deletes the objects of a definition that goes. All are looked at together, for names are free or taken
/// by all.
final class DefinitionController: Sendable {
    private static let group = "apiextensions.k8s.io"
    private static let plural = "customresourcedefinitions"

    static let watched = [GroupResource(group, plural)]

    private let parts: ServerParts

    init(_ parts: ServerParts) { self.parts = parts }

    func reconcileAll() async {
        var served: Set<String> = []
        // The older definition keeps a name that two want.
        let all = definitions.sorted { age($0) < age($1) }
        for definition in all {
            let name = definition["metadata"]["name"].string ?? ""
            await reconcile(definition, name)
            served.insert(name)
        }
        parts.table.keepCustom(served)
    }

    private var definitions: [JSON] {
        parts.reader.objects(group: Self.group, resource: Self.plural, namespace: "")
    }

    private func age(_ definition: JSON) -> String {
        (definition["metadata"]["creationTimestamp"].string ?? "") + (definition["metadata"]["name"].string ?? "")
    }

    private func reconcile(_ json: JSON, _ name: String) async {
        let others = definitions.filter { $0["metadata"]["name"].string != name }
        let status = DefinitionStatus.reconciled(json, others: others, now: parts.now())
        var current = json
        if status != json["status"] {
            guard let written = await update(name, { $0["status"] = status }) else { return }
            current = written
        }
        let definition = CustomResourceDefinition(current)
        serve(definition)
        if definition.isBeingDeleted { await end(definition) }
    }

    private func serve(_ definition: CustomResourceDefinition) {
        let schema = Schema.builtIn
        guard definition.isTrue("Established") || definition.isBeingDeleted, let objectMeta = schema.meta("ObjectMeta"),
            let scale = schema.type(WorkloadScale.groupVersion, kind: "Scale")
        else { return parts.table.setCustom(definition.name, []) }
        let kinds = CustomResourceKind.all(definition, objectMeta: objectMeta, scale: scale)
        parts.table.setCustom(definition.name, kinds.map { ServedResource($0) })
        if let first = kinds.first {
            let resource = ServedResource(first)
            parts.store.cache.keep(GroupResource(definition.group, first.resource.plural), resource.prefix)
        }
    }

    /// Deletes the definition's objects; once none is left, the definition may go.
    private func end(_ definition: CustomResourceDefinition) async {
        let name = definition.name
        guard definition.json["metadata"]["finalizers"].strings.contains(CustomResourceDefinition.cleanupFinalizer)
        else {
            return
        }
        let now = parts.now()
        guard let served = parts.table.custom(name).first else {
            _ = await update(name) { $0 = DefinitionStatus.ending($0, .neverEstablished, now: now) }
            return
        }
        let request = APIRequest.internal(
            served, namespace: "", name: "", manager: "kube-apiserver", verb: "deletecollection")
        let verbs = ObjectVerbs(parts: parts, request: request)
        do {
            let left = try await verbs.deleteAll(try DeletionOptions(.null, request.query))
            guard left == 0 else {
                // Objects with finalizers of their own: each that goes is no change of a definition, so look again.
                try? await Task.sleep(for: .seconds(1))
                return await reconcileAll()
            }
            _ = await update(name) { $0 = DefinitionStatus.ending($0, .done, now: now) }
        } catch {
            parts.log.warning(
                "could not delete the objects of a definition",
                metadata: ["definition": "\(name)", "error": "\(error)"])
        }
    }

    /// Changes a definition as it is stored now; nil when it is gone.
    private func update(_ name: String, _ change: (inout JSON) -> Void) async -> JSON? {
        guard let served = parts.table.find(group: Self.group, version: "v1", resource: Self.plural) else { return nil }
        for _ in 0..<20 {
            do {
                guard let stored = try await parts.store.find(served, "", name) else { return nil }
                let old = try ObjectStore.decode(stored)
                var new = old
                change(&new)
                if ObjectVerbs.isSame(new, old) { return old }
                if ObjectVerbs.isFinished(new) {
                    if try await parts.store.remove(stored) != nil { return nil }
                } else if let written = try await parts.store.replace(stored, new) {
                    return try ObjectStore.decode(written)
                }
            } catch {
                parts.log.warning(
                    "could not write a definition's status", metadata: ["definition": "\(name)", "error": "\(error)"])
                return nil
            }
        }
        return nil
    }
}
