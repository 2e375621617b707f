import JSON
import KubeModel
import KubeStorage
import NIOHTTP1
import Wire

/// How one change of an object differs from another: through which subresource it goes and what it may touch.
struct ChangeRules: Sendable {
    var subresource = ""
    /// After decoding: keeps what this way in may not change, counts generations.
    var prepare: @Sendable (_ new: inout JSON, _ old: JSON) -> Void
    var validate: @Sendable (_ new: JSON, _ old: JSON) -> [FieldError]
    var warnings: @Sendable (_ new: JSON, _ old: JSON) -> [String] = { _, _ in [] }
}

extension ObjectVerbs {
    /// Tries of a change that doesn't name a resourceVersion, when others change the object meanwhile.
    private static let conflictTries = 50

    func update() async throws(APIStatus) -> Answer {
        try request.query.checkWriteOptions("UpdateOptions")
        var object = try await decodeBody()
        try checkPlace(&object)
        if rules.allowsCreateOnUpdate, request.info.subresource.isEmpty,
            try await parts.store.find(served, namespace, name) == nil
        {
            return try await create(object)
        }
        let sent = object
        return try await change(changeRules()) { _ in sent }
    }

    /// The rules of the way in that the request takes: the main resource, or `status`.
    func changeRules() -> ChangeRules {
        let rules = rules
        if request.info.subresource == "status" {
            return ChangeRules(
                subresource: "status",
                prepare: { rules.prepareForStatusUpdate(&$0, $1) },
                validate: { rules.validateStatusUpdate($0, $1) })
        }
        return ChangeRules(
            prepare: { rules.prepareForUpdate(&$0, $1) },
            validate: { rules.validateUpdate($0, $1) },
            warnings: { rules.warnings($0, $1) })
    }

    /// A changed object's namespace and name must be those of the URL; a namespace that it leaves out is filled in.
    func checkPlace(_ object: inout JSON) throws(APIStatus) {
        let own = object["metadata"]["name"].string ?? ""
        if own.isEmpty {
            throw .badRequest(
                "the name of the object (\(name) based on URL) was undeterminable: name must be provided")
        }
        try settleNamespace(&object)
        if own != name {
            throw .badRequest(
                "the name of the object (\(own)) does not match the name on the URL (\(name))")
        }
    }

    /// Reads the object, lets `transform` make its successor (both in the served version's form), and writes that
    /// unless another write came between; then all begins again, if the client didn't name a resourceVersion.
    func change(
        _ change: ChangeRules,
        record: (@Sendable (_ new: inout JSON, _ old: JSON) throws(APIStatus) -> Void)? = nil,
        transform: @Sendable (_ old: JSON) async throws(APIStatus) -> JSON
    ) async throws(APIStatus) -> Answer {
        for _ in 0..<Self.conflictTries {
            let stored = try await parts.store.get(served, namespace, name)
            let old = try parts.store.trees.treeOnce(stored)
            let new = try await transform(served.fromStorage(old))
            let asked = new["metadata"]["resourceVersion"].string ?? ""
            if let answer = try await write(new, over: stored, old, change, record) { return answer }
            // The client's own version was overtaken; ours was only the one we had read.
            if !asked.isEmpty, request.http.method == .PUT { break }
        }
        throw .modified(resource, name)
    }

    /// Nil when the object was changed meanwhile.
    private func write(
        _ decoded: JSON, over stored: StoredValue, _ old: JSON, _ change: ChangeRules,
        _ recording: (@Sendable (inout JSON, JSON) throws(APIStatus) -> Void)?
    ) async throws(APIStatus) -> Answer? {
        try checkVersion(decoded, old)
        var admitted = admissionRequest(
            .update, name: name, object: keepingIdentity(decoded, old), old: served.fromStorage(old),
            subresource: change.subresource)
        try await parts.admission.mutate(&admitted, parts.reader)
        var new = served.toStorage(admitted.object)
        keepServersMetadata(&new, old)
        change.prepare(&new, old)
        OffFields.drop(from: &new, old: old, group: served.storage.group, kind: resource.kind)
        fillOnChange(&new, old)
        if let recording { try recording(&new, old) } else { try record(&new, old: old, change.subresource) }
        var errors = MetadataRules.validateUpdate(new["metadata"], old["metadata"]) + ownedFinalizerFaults(new)
        errors += change.validate(new, old)
        if !errors.isEmpty { throw invalid(name, errors) }
        request.warnings.add(change.warnings(new, old))
        try await checkEscalation(new, old, requestName: name)
        admitted.object = served.fromStorage(new)
        try await parts.admission.validate(&admitted, parts.reader)
        request.warnings.add(admitted.warnings)
        // As the original: what is wrong with the addresses themselves is told first.
        try await parts.addresses.allocate(&new, old: old, served, isDryRun: isDryRun)
        do throws(APIStatus) {
            return try await commit(new, over: stored, old)
        } catch {
            parts.addresses.release(new, keeping: old, served)
            throw error
        }
    }

    private func commit(_ new: JSON, over stored: StoredValue, _ old: JSON) async throws(APIStatus) -> Answer? {
        if isDryRun { return .tree(code: 200, served.fromStorage(new)) }
        if Self.isFinished(new) {
            guard try await parts.store.remove(stored) != nil else { return nil }
            parts.addresses.release(new, keeping: nil, served)
            if isService { await AddressObjects(parts: parts).follow(nil, after: old) }
            return .tree(code: 200, served.fromStorage(new))
        }
        if Self.isSame(new, old) { return .stored(code: 200, stored) }
        guard let value = try await parts.store.replace(stored, new) else { return nil }
        parts.addresses.release(old, keeping: new, served)
        if isService { await AddressObjects(parts: parts).follow(new, after: old) }
        return .stored(code: 200, value)
    }

    private func checkVersion(_ new: JSON, _ old: JSON) throws(APIStatus) {
        let metadata = new["metadata"]
        if let uid = metadata["uid"].string, !uid.isEmpty, uid != old["metadata"]["uid"].string {
            throw .conflict(
                resource, name,
                "Precondition failed: UID in precondition: \(uid), UID in object meta: "
                    + (old["metadata"]["uid"].string ?? ""))
        }
        let version = metadata["resourceVersion"].string ?? ""
        if version.isEmpty {
            guard !rules.allowsUnconditionalUpdate else { return }
            let path = FieldPath("metadata")["resourceVersion"]
            throw invalid(name, [.invalid(path, 0, "must be specified for an update")])
        }
        if version != old["metadata"]["resourceVersion"].string { throw .modified(resource, name) }
    }

    /// Fields that a change leaves out are taken over; those it contradicts are found by validation.
    private func keepingIdentity(_ new: JSON, _ old: JSON) -> JSON {
        var new = new
        var metadata = new["metadata"]
        for name in ["uid", "creationTimestamp", "namespace"] where metadata[name].isNull {
            metadata[name] = old["metadata"][name]
            if metadata[name].isNull { metadata.remove(name) }
        }
        metadata["resourceVersion"] = old["metadata"]["resourceVersion"]
        new["metadata"] = metadata
        return new
    }

    private func keepServersMetadata(_ new: inout JSON, _ old: JSON) {
        var metadata = new["metadata"]
        for name in ["deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink"] {
            let value = old["metadata"][name]
            if value.isNull { metadata.remove(name) } else { metadata[name] = value }
        }
        new["metadata"] = metadata
    }

    /// Marked for deletion with nothing that holds it any more.
    static func isFinished(_ object: JSON) -> Bool {
        let metadata = object["metadata"]
        guard !metadata["deletionTimestamp"].isNull, (metadata["finalizers"].array ?? []).isEmpty else { return false }
        if object["kind"].string == "Namespace", object["apiVersion"].string == "v1" {
            return (object["spec"]["finalizers"].array ?? []).isEmpty
        }
        return (metadata["deletionGracePeriodSeconds"].int ?? 0) == 0
    }

    /// Whether nothing but the times in managedFields differs: then nothing is written.
    static func isSame(_ new: JSON, _ old: JSON) -> Bool {
        func bare(_ object: JSON) -> JSON {
            var metadata = object["metadata"]
            let managers = (metadata["managedFields"].array ?? []).map { entry in
                var entry = entry
                entry.remove("time")
                return entry
            }
            metadata.remove("resourceVersion")
            metadata["managedFields"] = .array(managers)
            var object = object
            object["metadata"] = metadata
            return object
        }
        return bare(new) == bare(old)
    }
}
