import JSON

/// `fieldsV1`: a path's steps as nested members, `.` for the path itself where there are paths below it.
extension FieldSet {
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    init(fieldsV1 json: JSON) throws(Malformed) {
        switch json {
        case .null: self.init()
        case .object(let members): self = try FieldSet.read(members).set
        default: throw Malformed(description: "fieldsV1 is no object")
        }
    }

    private static func read(_ members: JSONObject) throws(Malformed) -> (set: FieldSet, isMember: Bool) {
        var entries: [Entry] = []
        entries.reserveCapacity(members.count)
        // A path without anything below it is written without the dot.
        var isMember = members.isEmpty
        for (name, value) in members {
            if name == "." {
                isMember = true
                continue
            }
            guard let element = PathElement(serialized: name) else {
                throw Malformed(description: "unknown path element \(GoText.quoted(name))")
            }
            guard case .object(let below) = value else {
                throw Malformed(description: "\(GoText.quoted(name)) holds no object")
            }
            let (children, isEnd) = try read(below)
            entries.append(Entry(element: element, isMember: isEnd, children: children))
        }
        let set = FieldSet(entries)
        // Two spellings of one element (`k:{"a":1}`, `k:{ "a":1}`) are one.
        for at in set.entries.indices.dropFirst() where set.entries[at].element == set.entries[at - 1].element {
            return (set.entries.reduce(FieldSet()) { $0.union(FieldSet([$1])) }, isMember)
        }
        return (set, isMember)
    }

    package var fieldsV1: JSON { .object(members(isMember: false)) }

    private func members(isMember: Bool) -> JSONObject {
        var object = JSONObject()
        object.reserveCapacity(entries.count + 1)
        if isMember, !isEmpty { object.append(".", .object(JSONObject())) }
        for entry in entries {
            object.append(entry.element.serialized, .object(entry.children.members(isMember: entry.isMember)))
        }
        return object
    }
}
