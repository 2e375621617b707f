import JSON

/// Steps before a write that many kinds share.
extension KindRules {
    /// The status of `old` in place of the one that came: a write to the main resource doesn't touch it.
    package static func keepStatus(_ new: inout JSON, _ old: JSON) {
        let status = old["status"]
        if status.isNull { new.remove("status") } else { new["status"] = status }
    }

    /// `metadata.generation`: one more than before when `part` changed, else as before.
    package static func countGeneration(_ new: inout JSON, _ old: JSON, part: String = "spec") {
        let before = old["metadata", "generation"].int ?? 0
        let after = new[part].isAlike(old[part]) ? before : before &+ 1
        new.edit("metadata") { metadata in
            if after == 0 { metadata.remove("generation") } else { metadata["generation"] = .init(after) }
        }
    }

    /// Everything of `old` but the status and, of the metadata, what a status update may touch.
    /// Owner references are the main resource's.
    package static func keepAllButStatus(_ new: inout JSON, _ old: JSON) {
        let (status, metadata) = (new["status"], new["metadata"])
        new = old
        new["metadata"] = metadata
        if status.isNull { new.remove("status") } else { new["status"] = status }
    }
}
