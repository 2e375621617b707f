import JSON

/// What changes with every write of a custom resource.
enum Upkeep {
    /// With a status subresource the status stays as it was. The generation counts changes of all but metadata.
    static func update(_ new: inout JSON, _ old: JSON, hasStatus: Bool) {
        if hasStatus {
            if let status = old.object?["status"] { new["status"] = status } else { new.remove("status") }
        }
        let generation = old["metadata", "generation"].int ?? 0
        new["metadata", "generation"] = JSON(withoutMetadata(new) == withoutMetadata(old) ? generation : generation + 1)
    }

    private static func withoutMetadata(_ object: JSON) -> JSON {
        var rest = object
        rest.remove("metadata")
        return rest
    }

    /// All but the status and the record of who set it stays as it was.
    static func statusUpdate(_ new: inout JSON, _ old: JSON) {
        let managedFields = new["metadata", "managedFields"]
        let status = new.object?["status"]
        var metadata = old["metadata"]
        if managedFields.isNull { metadata.remove("managedFields") } else { metadata["managedFields"] = managedFields }
        new = old
        new["metadata"] = metadata
        if let status { new["status"] = status } else { new.remove("status") }
    }

    private static let standardFinalizers: Set<String> = ["orphan", "foregroundDeletion", "kubernetes"]

    /// Finalizers that are new and may be meant by others too.
    @Sendable static func finalizerWarnings(_ new: JSON, _ old: JSON?) -> [String] {
        let before = Set(old?["metadata", "finalizers"].strings ?? [])
        let added = Set(new["metadata", "finalizers"].strings).subtracting(before).sorted()
        return added.flatMap { name -> [String] in
            let head = "metadata.finalizers: \(GoText.quoted(name)):"
            var warnings = Names.qualifiedName(name).map { "\(head) \($0)" }
            guard !name.contains("/"), !standardFinalizers.contains(name) else { return warnings }
            let path = name.contains(".") ? " including a path (/)" : ""
            warnings.append(
                "\(head) prefer a domain-qualified finalizer name\(path) to avoid accidental conflicts with other "
                    + "finalizer writers")
            return warnings
        }
    }
}
