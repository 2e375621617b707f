import JSON

/// Who wrote what of one object: its `metadata.managedFields`, taken apart.
struct FieldManagers {
    /// Who a manager is; entries with the same identity are one.
    struct Identity: Hashable {
        let name: String
        let isApply: Bool
        /// Of an update; "" for apply, whose entry moves along with its version.
        let apiVersion: String
        let subresource: String

        init(_ name: String, isApply: Bool, apiVersion: String, subresource: String) {
            self.name = name.isEmpty ? "unknown" : name
            self.isApply = isApply
            self.apiVersion = isApply ? "" : apiVersion
            self.subresource = subresource
        }

        /// The identity as the original writes and sorts it.
        var text: String {
            var members = JSONObject()
            members["manager"] = .string(name)
            members["operation"] = isApply ? "Apply" : "Update"
            if !apiVersion.isEmpty { members["apiVersion"] = .string(apiVersion) }
            if !subresource.isEmpty { members["subresource"] = .string(subresource) }
            return JSON.object(members).text
        }

        /// As in messages: `"kubectl" using apps/v1`.
        var title: String {
            var title = GoText.quoted(name)
            if !subresource.isEmpty { title += " with subresource \(GoText.quoted(subresource))" }
            return isApply ? title : "\(title) using \(apiVersion)"
        }
    }

    struct Entry {
        let identity: Identity
        var apiVersion: String
        /// RFC 3339, or null.
        var time: JSON
        var fields: FieldSet {
            didSet { written = nil }
        }
        /// `fieldsV1` as it was read, for as long as it still holds.
        private(set) var written: JSON?

        init(_ identity: Identity, apiVersion: String, time: JSON = .null, fields: FieldSet, written: JSON? = nil) {
            self.identity = identity
            self.apiVersion = apiVersion
            self.time = time
            self.fields = fields
            self.written = written
        }

        /// The same fields under another name.
        func renamed(_ identity: Identity) -> Entry {
            Entry(identity, apiVersion: apiVersion, time: time, fields: fields, written: written)
        }
    }

    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var entries: [Entry] = []

    init() {}

    /// From `metadata.managedFields`; null is none.
    init(_ json: JSON) throws(Malformed) {
        for (at, item) in (json.array ?? []).enumerated() {
            let operation = item["operation"].string ?? ""
            guard operation == "Apply" || operation == "Update" else {
                throw Malformed(description: "operation must be `Apply` or `Update`")
            }
            let version = item["apiVersion"].string ?? ""
            guard !version.isEmpty else { throw Malformed(description: "apiVersion must not be empty") }
            let type = item["fieldsType"].string ?? ""
            guard !type.isEmpty else {
                throw Malformed(description: "missing fieldsType in managed fields entry \(at)")
            }
            guard type == "FieldsV1" else {
                throw Malformed(description: "invalid fieldsType \(GoText.quoted(type)) in managed fields entry \(at)")
            }
            let fields: FieldSet
            let written = item["fieldsV1"]
            do throws(FieldSet.Malformed) { fields = try FieldSet(fieldsV1: written) } catch {
                throw Malformed(description: "error decoding set: \(error.description)")
            }
            set(
                Entry(
                    Identity(
                        item["manager"].string ?? "", isApply: operation == "Apply", apiVersion: version,
                        subresource: item["subresource"].string ?? ""),
                    apiVersion: version, time: item["time"], fields: fields, written: written))
        }
    }

    subscript(_ identity: Identity) -> Entry? { entries.first { $0.identity == identity } }

    /// Puts the entry in the place of the one with its identity.
    mutating func set(_ entry: Entry) {
        if let at = entries.firstIndex(where: { $0.identity == entry.identity }) {
            entries[at] = entry
        } else {
            entries.append(entry)
        }
    }

    mutating func remove(_ identity: Identity) { entries.removeAll { $0.identity == identity } }

    mutating func removeEmpty() { entries.removeAll { $0.fields.isEmpty } }

    /// Every entry changed, or dropped where the change gives nil.
    mutating func changeAll(_ change: (Entry) -> Entry?) { entries = entries.compactMap(change) }

    /// As `metadata.managedFields`: applies first, then by time and name. Null when there is none.
    var json: JSON {
        if entries.isEmpty { return .null }
        func seconds(_ entry: Entry) -> Int {
            entry.time.string.flatMap { try? Timestamp(parsing: $0).seconds } ?? 0
        }
        let keyed = entries.map { (entry: $0, seconds: seconds($0)) }
        let sorted = keyed.sorted { one, other in
            let (a, b) = (one.entry, other.entry)
            if a.identity.isApply != b.identity.isApply { return a.identity.isApply }
            if one.seconds != other.seconds { return one.seconds < other.seconds }
            return (a.identity.name, a.apiVersion, a.identity.subresource)
                < (b.identity.name, b.apiVersion, b.identity.subresource)
        }
        return .array(sorted.map { FieldManagers.json($0.entry) })
    }

    private static func json(_ entry: Entry) -> JSON {
        var members = JSONObject()
        members.reserveCapacity(7)
        members["manager"] = .string(entry.identity.name)
        members["operation"] = entry.identity.isApply ? "Apply" : "Update"
        members["apiVersion"] = .string(entry.apiVersion)
        if entry.time != .null { members["time"] = entry.time }
        members["fieldsType"] = "FieldsV1"
        members["fieldsV1"] = entry.written ?? entry.fields.fieldsV1
        if !entry.identity.subresource.isEmpty { members["subresource"] = .string(entry.identity.subresource) }
        return .object(members)
    }
}

extension FieldManagers {
    /// Most entries of updates that are kept apart; older ones become one. Source: the original's
    /// `DefaultMaxUpdateManagers`.
    static let updateLimit = 10
    static let ancient = "ancient-changes"

    /// Joins the oldest updates' entries, version by version, until there are few enough.
    mutating func joinOldUpdates() {
        let updates = entries.filter { !$0.identity.isApply }
        guard updates.count > FieldManagers.updateLimit else { return }
        func seconds(_ entry: Entry) -> Int {
            entry.time.string.flatMap { try? Timestamp(parsing: $0).seconds } ?? 0
        }
        let sorted = updates.sorted {
            let (x, y) = (seconds($0), seconds($1))
            return x == y ? $0.identity.text < $1.identity.text : x < y
        }
        var count = updates.count
        var firstOfVersion: [String: Identity] = [:]
        for entry in sorted where count > FieldManagers.updateLimit {
            let bucket = Identity(
                FieldManagers.ancient, isApply: false, apiVersion: entry.apiVersion, subresource: "")
            guard let first = firstOfVersion[entry.apiVersion] else {
                firstOfVersion[entry.apiVersion] = entry.identity
                continue
            }
            if self[bucket] == nil, let oldest = self[first] {
                remove(first)
                set(oldest.renamed(bucket))
            }
            guard var joined = self[bucket] else { continue }
            if entry.identity != bucket {
                joined.fields = joined.fields.union(entry.fields)
                remove(entry.identity)
            }
            joined.time = entry.time
            set(joined)
            count -= 1
        }
    }
}
