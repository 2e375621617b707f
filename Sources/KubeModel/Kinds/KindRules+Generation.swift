import JSON

extension KindRules {
    /// For kinds whose status is written through `status` alone: a creation begins with `empty`, and a change of the
    /// main resource keeps what was.
    /// - Parameter keepsMetadata: whether a write of the status leaves the metadata as it was, too.
    mutating func keepStatusApart(empty: JSON = [:], keepsMetadata: Bool = false) {
        let (create, update) = (prepareForCreate, prepareForUpdate)
        if keepsMetadata {
            prepareForStatusUpdate = { new, old in
                let (status, managers) = (new["status"], new["metadata"]["managedFields"])
                new = old
                if !managers.isNull { new["metadata"]["managedFields"] = managers }
                if status.isNull { new.remove("status") } else { new["status"] = status }
            }
        }
        prepareForCreate = { object in
            object["status"] = empty
            create(&object)
        }
        prepareForUpdate = { new, old in
            if old.has("status") { new["status"] = old["status"] } else { new.remove("status") }
            update(&new, old)
        }
    }

    /// The generation begins at 1 and is raised when one of the members changes.
    mutating func countGeneration(of members: [String] = ["spec"]) {
        countGeneration { new, old in members.contains { !SemanticEquality.equal(new[$0], old[$0]) } }
    }

    /// - Parameter begins: nil: a new object has none.
    mutating func countGeneration(
        from begins: Int? = 1, when isRaised: @escaping @Sendable (_ new: JSON, _ old: JSON) -> Bool
    ) {
        countsGeneration = true
        let (create, update) = (prepareForCreate, prepareForUpdate)
        prepareForCreate = { object in
            create(&object)
            if let begins {
                object["metadata", "generation"] = .init(begins)
            } else {
                object.edit("metadata") { $0.remove("generation") }
            }
        }
        prepareForUpdate = { new, old in
            update(&new, old)
            let generation = (old["metadata"]["generation"].int ?? 0) &+ (isRaised(new, old) ? 1 : 0)
            if generation > 0 { new["metadata", "generation"] = .init(generation) }
        }
    }

    /// For kinds that check the whole object on a change too.
    mutating func validatesChangesLikeCreations() {
        let validate = validate
        validateUpdate = { new, _ in validate(new) }
    }
}
