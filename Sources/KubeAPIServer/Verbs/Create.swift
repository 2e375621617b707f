import JSON
import KubeModel
import KubeStorage

extension ObjectVerbs {
    func create() async throws(APIStatus) -> Answer {
        try request.query.checkWriteOptions("CreateOptions")
        guard resource.verbs.contains("create") else { throw .methodNotSupported(resource, "create") }
        var object = try await decodeBody()
        if !name.isEmpty {
            // POST to a name: not a thing on a main resource.
            throw .methodNotSupported(resource, "create")
        }
        try settleNamespace(&object)
        return try await create(object)
    }

    /// Creates an object that is decoded and in its namespace.
    /// - Parameter records: whether managed fields are still to be noted; apply has done so.
    func create(_ decoded: JSON, code: Int = 201, records: Bool = true) async throws(APIStatus) -> Answer {
        var object = decoded
        let metadata = object["metadata"]
        if rules.isNamedByUID, (metadata["name"].string ?? "").isEmpty, (metadata["generateName"].string ?? "").isEmpty
        {
            object["metadata"]["name"] = .string(parts.newUID())
        }
        let prefix = object["metadata"]["generateName"].string ?? ""
        let isGenerated = (object["metadata"]["name"].string ?? "").isEmpty && !prefix.isEmpty
        // A taken generated name is tried again, as upstream has done since 1.31.
        for attempt in 1...8 {
            if isGenerated {
                object["metadata"]["name"] = .string(GeneratedName.make(prefix))
            }
            do {
                return try await createOnce(object, code: code, records: records)
            } catch  where error.reason == "AlreadyExists" && isGenerated && attempt < 8 {
                continue
            }
        }
        throw .internalError("no free name was found for \(prefix)")
    }

    private func createOnce(_ decoded: JSON, code: Int, records: Bool) async throws(APIStatus) -> Answer {
        var admitted = admissionRequest(
            .create, name: decoded["metadata"]["name"].string ?? "", object: decoded, old: .null)
        try await parts.admission.mutate(&admitted, parts.reader)
        var object = served.toStorage(admitted.object)
        let name = object["metadata"]["name"].string ?? ""

        prepareMetadata(&object)
        rules.prepareForCreate(&object)
        OffFields.drop(from: &object, old: nil, group: served.storage.group, kind: resource.kind)
        fillOnCreate(&object)
        try await parts.addresses.allocate(&object, old: nil, served, isDryRun: isDryRun)
        do throws(APIStatus) {
            let faults =
                MetadataRules.validateCreate(
                    object["metadata"], isNamespaced: resource.isNamespaced, nameRule: rules.nameRule)
                + ownedFinalizerFaults(object) + rules.validate(object)
            if !faults.isEmpty { throw invalid(name, faults) }
            if records { try recordCreation(of: decoded, as: &object) }
            request.warnings.add(rules.warnings(object, nil))
            try await checkEscalation(object, .null, requestName: "")

            admitted.object = served.fromStorage(object)
            try await parts.admission.validate(&admitted, parts.reader)
            request.warnings.add(admitted.warnings)
            if isDryRun { return try await dryRunCreation(object, name, code: code) }
            let stored = try await parts.store.create(served, namespace, name, object)
            if isService { await AddressObjects(parts: parts).follow(object, after: nil) }
            return .stored(code: code, stored)
        } catch {
            parts.addresses.release(object, keeping: nil, served)
            throw error
        }
    }

    /// Whose addresses have objects of their own.
    var isService: Bool { resource.plural == "services" && resource.groupVersion.group.isEmpty }

    /// Of built-in kinds whose finalizers need an owner.
    func ownedFinalizerFaults(_ object: JSON) -> [FieldError] {
        guard !resource.isCustom, MetadataRules.hasOwnedFinalizers(group: served.storage.group, kind: resource.kind)
        else { return [] }
        return MetadataRules.validateOwnedFinalizers(object["metadata"])
    }

    /// Who creates an object owns what was sent and its defaults, and nothing that admission and the server add to it. A
    /// status that the kind doesn't take from its creator is nobody's.
    private func recordCreation(of sent: JSON, as object: inout JSON) throws(APIStatus) {
        var owned = served.toStorage(sent)
        if owned["status"] != object["status"] { owned.remove("status") }
        try record(&owned, old: nil)
        let fields = owned["metadata"]["managedFields"]
        if fields.isNull {
            object["metadata"].remove("managedFields")
        } else {
            object["metadata"]["managedFields"] = fields
        }
    }

    private func dryRunCreation(_ object: JSON, _ name: String, code: Int) async throws(APIStatus) -> Answer {
        if try await parts.store.find(served, namespace, name) != nil { throw .alreadyExists(resource, name) }
        return .tree(code: code, served.fromStorage(object))
    }

    /// What only the server may set of a new object's metadata.
    private func prepareMetadata(_ object: inout JSON) {
        var metadata = object["metadata"]
        for name in ["selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion"] {
            metadata.remove(name)
        }
        metadata["uid"] = .string(parts.newUID())
        metadata["creationTimestamp"] = .string(timestamp)
        if rules.countsGeneration { metadata["generation"] = 1 } else { metadata.remove("generation") }
        object["metadata"] = metadata
    }

    /// The object's namespace is the request's; an object that names another is refused.
    func settleNamespace(_ object: inout JSON) throws(APIStatus) {
        let own = object["metadata"]["namespace"].string ?? ""
        if !resource.isNamespaced {
            if !own.isEmpty {
                throw .badRequest("namespace is not allowed on this type of resource: \(own)")
            }
            return
        }
        if own.isEmpty {
            object["metadata"]["namespace"] = .string(namespace)
        } else if own != namespace {
            throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
        }
    }
}
