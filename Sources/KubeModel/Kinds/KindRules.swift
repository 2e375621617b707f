import JSON

/// What the schema can't say of one kind: one value in one file a kind (`Kinds/Pod.swift`), listed in `Kinds/AllKinds.swift`.
///
/// Every closure is pure: no store, no clock, no randomness. What needs those (generated names, uid, creation time,
/// managed fields, quota, allocated addresses) belongs to the server. Objects arrive with the schema's own defaults set,
/// in the storage version unless told otherwise; `metadata` has been checked by the server's `MetadataRules`.
package struct KindRules: Sendable {
    /// The kind's group and name, whatever its version: `("apps", "Deployment")`.
    package let group: String
    package let kind: String

    /// Defaults that depend on other fields. Runs on every object that comes in, in the version it came in.
    package var defaults: @Sendable (inout JSON) -> Void = { _ in }
    /// Before a creation: drops what its creator may not set (status), sets `metadata.generation`.
    package var prepareForCreate: @Sendable (inout JSON) -> Void = { _ in }
    /// Before an update through the main resource: keeps the old status, and raises the generation when the spec changed.
    package var prepareForUpdate: @Sendable (_ new: inout JSON, _ old: JSON) -> Void = { _, _ in }
    /// Before an update through `status`: keeps everything else as it was.
    package var prepareForStatusUpdate: @Sendable (_ new: inout JSON, _ old: JSON) -> Void = { new, old in
        let status = new["status"]
        let metadata = new["metadata"]
        new = old
        new["metadata"] = metadata
        if status.isNull { new.remove("status") } else { new["status"] = status }
    }
    /// All faults of a new object.
    package var validate: @Sendable (_ new: JSON) -> [FieldError] = { _ in [] }
    /// All faults of a change; called after `prepareForUpdate`, and not in place of `validate` but alone: a kind that
    /// validates its whole object on update calls its own `validate`.
    package var validateUpdate: @Sendable (_ new: JSON, _ old: JSON) -> [FieldError] = { _, _ in [] }
    package var validateStatusUpdate: @Sendable (_ new: JSON, _ old: JSON) -> [FieldError] = { _, _ in [] }
    /// Sentences for `Warning` headers, for a creation (`old` nil) or a change.
    package var warnings: @Sendable (_ new: JSON, _ old: JSON?) -> [String] = { _, _ in [] }
    /// A sentence for the `Warning` header of every request about the kind, reads too; nil: none.
    package var deprecation: String?
    /// Fields besides `metadata.name` and `metadata.namespace` that a field selector may name, with the value's text.
    package var selectableFields: @Sendable (JSON) -> [String: String] = { _ in [:] }
    /// What the server prints for `kubectl get`; nil: Name and Age.
    package var table: KindTable?
    /// How a metadata.name is checked.
    package var nameRule = NameRule.dnsSubdomain
    /// Whether an object that comes without a name is named by a new UID.
    package var isNamedByUID = false
    /// Which of two objects stands first in a Table of many; nil: that of the lower name.
    package var standsBefore: (@Sendable (JSON, JSON) -> Bool)?
    /// Whether a PUT of a name that isn't there creates it.
    package var allowsCreateOnUpdate = false
    /// Whether a PUT needs no resourceVersion.
    package var allowsUnconditionalUpdate = true
    /// Whether `metadata.generation` is counted.
    package var countsGeneration = false
    /// The grace period for a deletion in seconds, given what the client asked for; nil: deleted at once.
    package var gracePeriod: @Sendable (_ object: JSON, _ asked: Int?) -> Int? = { _, _ in nil }

    /// What becomes of an object's dependents when its deletion doesn't say.
    package enum Dependents: Sendable {
        case deleted, orphaned
        /// The kind has none; what a deletion says of them is not heard.
        case none
    }
    package var dependents = Dependents.deleted
    /// A sentence for the `Warning` header of a deletion that leaves the choice open; nil: none.
    package var deletionWarning: String?

    /// Updates through subresources other than `status` that change the object itself, by name: `resize`, `finalize`.
    package var subresourceUpdates: [String: SubresourceUpdate] = [:]

    package init(group: String, kind: String) {
        self.group = group
        self.kind = kind
    }

    package struct SubresourceUpdate: Sendable {
        /// Keeps what the subresource doesn't change as it was.
        package let prepare: @Sendable (_ new: inout JSON, _ old: JSON) -> Void
        /// All faults of the change.
        package let validate: @Sendable (_ new: JSON, _ old: JSON) -> [FieldError]

        package init(
            prepare: @escaping @Sendable (_ new: inout JSON, _ old: JSON) -> Void,
            validate: @escaping @Sendable (_ new: JSON, _ old: JSON) -> [FieldError]
        ) {
            self.prepare = prepare
            self.validate = validate
        }
    }

    package enum NameRule: Sendable {
        /// RFC 1123 subdomain, up to 253 bytes.
        case dnsSubdomain
        /// RFC 1123 label, up to 63 bytes.
        case dnsLabel
        /// RFC 1035 label, up to 63 bytes.
        case dns1035Label
        /// Anything that fits a path segment: not "." or "..", no "/" or "%".
        case pathSegment
        /// The kind's own check: the faults' details, for a name, or for a prefix of one (`generateName`).
        case own(@Sendable (_ name: String, _ isPrefix: Bool) -> [String])
    }
}

/// The columns and cells of a kind's Table (`meta.k8s.io/v1`).
package struct KindTable: Sendable {
    package struct Column: Sendable, Equatable {
        package let name: String, type: String
        package var format = ""
        /// 0: always; 1: with `-o wide` only.
        package var priority = 0
        package var description = ""

        package init(
            _ name: String, type: String = "string", format: String = "", priority: Int = 0, _ description: String = ""
        ) {
            self.name = name
            self.type = type
            self.format = format
            self.priority = priority
            self.description = description
        }
    }

    package let columns: [Column]
    /// One cell a column. `now` is in seconds since 1970, for ages.
    package let cells: @Sendable (_ object: JSON, _ now: Double) -> [JSON]

    package init(_ columns: [Column], cells: @escaping @Sendable (_ object: JSON, _ now: Double) -> [JSON]) {
        self.columns = columns
        self.cells = cells
    }
}
