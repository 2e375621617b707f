import JSON

/// When a write changes nothing, and so isn't one: no new revision, no event.
package enum ObjectEquality {
    /// Whether the objects differ in their resourceVersion at most.
    package static func isUnchanged(_ new: JSON, _ old: JSON) -> Bool {
        isSame(new, old, ignoring: ["resourceVersion"])
    }

    /// Whether the objects differ only in what the server keeps beside their content.
    package static func hasSameContent(_ new: JSON, _ old: JSON) -> Bool {
        isSame(new, old, ignoring: ["resourceVersion", "managedFields"])
    }

    /// The new object, with the old one's times in its managed fields when these times are all that differs: a manager
    /// that says the same again doesn't write.
    package static func keepingTimes(_ new: JSON, _ old: JSON) -> JSON {
        let (ours, theirs) = (new["metadata"]["managedFields"], old["metadata"]["managedFields"])
        guard let mine = ours.array, let others = theirs.array, mine.count == others.count, !mine.isEmpty,
            zip(mine, others).contains(where: { $0["time"] != $1["time"] }),
            zip(mine, others).allSatisfy({ isSameEntry($0, $1) }),
            isSame(new, old, ignoring: ["managedFields"])
        else { return new }
        return new.withManagedFields(theirs)
    }

    private static func isSameEntry(_ one: JSON, _ other: JSON) -> Bool {
        guard case .object(var a) = one, case .object(var b) = other else { return false }
        a["time"] = nil
        b["time"] = nil
        return a == b
    }

    private static func isSame(_ one: JSON, _ other: JSON, ignoring names: [String]) -> Bool {
        guard case .object(let a) = one, case .object(let b) = other else { return one == other }
        guard a.count == b.count else { return false }
        for at in 0..<a.count {
            let (name, value) = a[at: at]
            guard let match = b.value(of: name, near: at) else { return false }
            guard name == "metadata" else {
                if value != match { return false }
                continue
            }
            guard case .object(let x) = value, case .object(let y) = match else {
                if value != match { return false }
                continue
            }
            if !isSameMetadata(x, y, ignoring: names) { return false }
        }
        return true
    }

    private static func isSameMetadata(_ one: JSONObject, _ other: JSONObject, ignoring names: [String]) -> Bool {
        func count(_ members: JSONObject) -> Int { members.count - names.filter { members[$0] != nil }.count }
        guard count(one) == count(other) else { return false }
        for at in 0..<one.count {
            let (name, value) = one[at: at]
            if names.contains(name) { continue }
            guard other.value(of: name, near: at) == value else { return false }
        }
        return true
    }
}
