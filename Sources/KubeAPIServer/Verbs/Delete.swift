import JSON
import KubeModel
import KubeStorage
import NIOCore
import Wire

/// `metav1.DeleteOptions`, from body or query.
struct DeletionOptions: Sendable {
    var gracePeriod: Int?
    var policy: String?
    var uid: String?
    var resourceVersion: String?
    var orphans: Bool?
    var isDryRun = false
    var tree: JSON = .null

    /// Faults as upstream words them.
    init(_ tree: JSON, _ query: QueryOptions) throws(APIStatus) {
        self.tree = tree
        gracePeriod = tree["gracePeriodSeconds"].int
        policy = tree["propagationPolicy"].string
        orphans = tree["orphanDependents"].bool
        uid = tree["preconditions"]["uid"].string
        resourceVersion = tree["preconditions"]["resourceVersion"].string
        var dryRun = tree["dryRun"].strings
        // A body is all there is to it: the query then says nothing.
        if tree.isNull {
            dryRun = query.all("dryRun")
            gracePeriod = try query.integer("gracePeriodSeconds").map { Int($0) }
            policy = query.first("propagationPolicy").flatMap { $0.isEmpty ? nil : $0 }
            orphans = query.flag("orphanDependents")
        }
        isDryRun = !dryRun.isEmpty
        var options: JSON = ["dryRun": .init(dryRun)]
        if let policy { options["propagationPolicy"] = .string(policy) }
        if let orphans { options["orphanDependents"] = .bool(orphans) }
        let errors = RequestOptions.validateDelete(options)
        if !errors.isEmpty { throw .invalid(kind: "DeleteOptions", group: "meta.k8s.io", "", errors) }
    }
}

extension ObjectVerbs {
    private static let orphanFinalizer = "orphan"
    private static let foregroundFinalizer = "foregroundDeletion"

    func delete() async throws(APIStatus) -> Answer {
        let options = try DeletionOptions(try await deletionBody(), request.query)
        return try await delete(name, options)
    }

    func deletionBody() async throws(APIStatus) -> JSON {
        let body = try await request.http.body()
        guard body.readableBytes > 0 else { return .null }
        return try decodeOptions(body, "DeleteOptions")
    }

    /// Deletes one object, at once or in steps: graceful deletion and finalizers leave it marked.
    func delete(_ name: String, _ options: DeletionOptions) async throws(APIStatus) -> Answer {
        if let warning = rules.deletionWarning, options.policy == nil, options.orphans == nil {
            request.warnings.add(warning)
        }
        for _ in 0..<50 {
            let stored = try await parts.store.get(served, namespace, name)
            let old = try ObjectStore.decode(stored)
            try checkPreconditions(options, old, name)
            var admitted = admissionRequest(
                .delete, name: name, object: .null, old: served.fromStorage(old), options: options.tree)
            try await parts.admission.mutate(&admitted, parts.reader)
            try await parts.admission.validate(&admitted, parts.reader)
            request.warnings.add(admitted.warnings)
            let marked = marking(old, options)
            if options.isDryRun { return deleted(marked ?? old, name) }
            if let marked {
                if Self.isSame(marked, old) { return .stored(code: 200, stored) }
                if let value = try await parts.store.replace(stored, marked) { return .stored(code: 200, value) }
            } else if try await parts.store.remove(stored) != nil {
                parts.addresses.release(old, keeping: nil, served)
                if isService { await AddressObjects(parts: parts).follow(nil, after: old) }
                return deleted(old, name)
            }
        }
        throw .modified(resource, name)
    }

    private func checkPreconditions(_ options: DeletionOptions, _ old: JSON, _ name: String) throws(APIStatus) {
        let metadata = old["metadata"]
        if let uid = options.uid, uid != metadata["uid"].string {
            throw .conflict(
                resource, name,
                "Precondition failed: UID in precondition: \(uid), UID in object meta: \(metadata["uid"].string ?? "")")
        }
        if let version = options.resourceVersion, version != metadata["resourceVersion"].string {
            throw .conflict(
                resource, name,
                "Precondition failed: ResourceVersion in precondition: \(version), ResourceVersion in object meta: "
                    + (metadata["resourceVersion"].string ?? ""))
        }
    }

    /// The object marked for deletion; nil when it can go at once.
    private func marking(_ old: JSON, _ options: DeletionOptions) -> JSON? {
        var object = old
        var metadata = old["metadata"]
        let finalizers = deletionFinalizers(metadata["finalizers"].strings, options)
        if finalizers.isEmpty { metadata.remove("finalizers") } else { metadata["finalizers"] = .init(finalizers) }
        let isMarked = !metadata["deletionTimestamp"].isNull
        let isNamespace = resource.kind == "Namespace" && resource.groupVersion.group.isEmpty
        let grace = isNamespace ? nil : rules.gracePeriod(old, options.gracePeriod)
        let isDefinition =
            resource.plural == "customresourcedefinitions" && resource.groupVersion.group == "apiextensions.k8s.io"
        let holds =
            isDefinition || !finalizers.isEmpty || (isNamespace && !(old["spec"]["finalizers"].array ?? []).isEmpty)

        if let grace, grace > 0 {
            // A second deletion may only shorten the first one's time.
            let running = metadata["deletionGracePeriodSeconds"].int
            if !isMarked || (running ?? 0) > grace {
                setDeletion(&metadata, after: grace, startsAt: isMarked ? metadata["deletionTimestamp"].string : nil)
            }
        } else {
            guard holds else { return nil }
            if !isMarked || (metadata["deletionGracePeriodSeconds"].int ?? 0) > 0 {
                setDeletion(&metadata, after: 0, startsAt: nil)
                if isNamespace { metadata.remove("deletionGracePeriodSeconds") }
            }
        }
        object["metadata"] = metadata
        if isNamespace { object["status"]["phase"] = "Terminating" }
        if isDefinition { object = DefinitionStatus.ending(object, .pending, now: parts.now()) }
        return object
    }

    private func setDeletion(_ metadata: inout JSON, after grace: Int, startsAt: String?) {
        if metadata["deletionTimestamp"].isNull, let generation = metadata["generation"].int {
            metadata["generation"] = .init(generation + 1)
        }
        metadata["deletionTimestamp"] = .string(Timestamp(parts.now() + Double(grace)).text)
        metadata["deletionGracePeriodSeconds"] = .init(grace)
    }

    /// The finalizers by which the garbage collector learns what is to become of the dependents.
    private func deletionFinalizers(_ old: [String], _ options: DeletionOptions) -> [String] {
        let orphans: Bool
        let foreground: Bool
        switch (options.policy, options.orphans) {
        case _ where rules.dependents == .none: (orphans, foreground) = (false, false)
        case ("Orphan", _), (nil, true): (orphans, foreground) = (true, false)
        case ("Foreground", _): (orphans, foreground) = (false, true)
        case ("Background", _), (nil, false): (orphans, foreground) = (false, false)
        default:
            let isForeground = old.contains(Self.foregroundFinalizer)
            orphans = old.contains(Self.orphanFinalizer) || !isForeground && rules.dependents == .orphaned
            foreground = isForeground && !orphans
        }
        var finalizers = old.filter { $0 != Self.orphanFinalizer && $0 != Self.foregroundFinalizer }
        if orphans { finalizers.append(Self.orphanFinalizer) }
        if foreground { finalizers.append(Self.foregroundFinalizer) }
        return finalizers
    }

    private func deleted(_ object: JSON, _ name: String) -> Answer {
        if resource.returnsDeleted {
            return .tree(code: 200, served.fromStorage(object))
        }
        var details: JSON = ["name": .string(name)]
        if !resource.groupVersion.group.isEmpty { details["group"] = .string(resource.groupVersion.group) }
        details["kind"] = .string(resource.plural)
        details["uid"] = object["metadata"]["uid"]
        return .tree(
            code: 200,
            ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details])
    }
}
