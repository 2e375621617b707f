import JSON

/// `metadata.ownerReferences`: who an object belongs to.
package enum OwnerReferences {
    /// A reference to the owner; a controller's also blocks the owner's deletion in the foreground.
    package static func make(to owner: JSON, isController: Bool = false) -> JSON {
        var reference: JSON = [
            "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
        ]
        if isController {
            reference["controller"] = true
            reference["blockOwnerDeletion"] = true
        }
        return reference
    }

    /// The reference that is marked as controller; nil when there is none.
    package static func controller(of object: JSON) -> JSON? {
        object["metadata"]["ownerReferences"].array?.first { $0["controller"].bool == true }
    }

    package static func isControlled(_ object: JSON, by owner: JSON) -> Bool {
        guard let uid = owner["metadata"]["uid"].string, let reference = controller(of: object) else { return false }
        return reference["uid"].string == uid
    }

    /// Drops repeated references, keeping the first of each.
    /// - Returns: the uids that were repeated; for them the server warns.
    package static func removeDuplicates(_ object: inout JSON) -> [String] {
        guard let list = object["metadata"]["ownerReferences"].array, list.count > 1 else { return [] }
        var kept: [JSON] = []
        var seen: Set<String> = []
        var repeated: [String] = []
        for reference in list {
            let uid = reference["uid"].string ?? ""
            if seen.insert(uid).inserted || !kept.contains(reference) {
                kept.append(reference)
            } else {
                repeated.append(uid)
            }
        }
        if kept.count < list.count { object["metadata", "ownerReferences"] = .array(kept) }
        return repeated
    }

    /// The sentence for the `Warning` header about repeated references.
    package static func duplicatesWarning(_ uids: [String], afterAdmission: Bool) -> String {
        let when = afterAdmission ? " after mutating admission happens" : ""
        return ".metadata.ownerReferences contains duplicate entries\(when); API server dedups owner references in "
            + "1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) "
            + "observed: \(uids.joined(separator: ", "))"
    }
}
