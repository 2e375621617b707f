import CLinux
import JSON
import KubeModel
import KubeStorage
import NIOCore

/// The label and field selectors of a list or watch, for one kind.
struct ObjectSelector: Sendable {
    private let labels: LabelSelector
    private let fields: FieldSelector
    private let rules: KindRules
    /// JSON texts that are in every object that the fields match.
    private let literals: [[UInt8]]
    /// JSON texts that are among the labels of every object that the labels match.
    private let labelLiterals: [[UInt8]]

    init(_ query: QueryOptions, _ rules: KindRules) throws(APIStatus) {
        self.rules = rules
        do {
            labels = try LabelSelector(parsing: query.labelSelector)
            fields = try FieldSelector(parsing: query.fieldSelector)
            if !fields.isEmpty { try fields.check(extra: rules.selectableFields(.null).keys) }
        } catch {
            throw .badRequest(error.description)
        }
        labelLiterals = labels.requirements.compactMap { [labels] requirement in
            labels.exactValue(of: requirement.key).map { Array("\"\(requirement.key)\":\"\($0)\"".utf8) }
        }
        literals = fields.terms.filter { $0.isEqual && Self.isOnlyText($0.value) }.map { Array("\"\($0.value)\"".utf8) }
    }

    /// Whether a field with this value has it as a string, and written as it is: no flag, no number, nothing to escape.
    private static func isOnlyText(_ value: String) -> Bool {
        value != "true" && value != "false" && value.utf8.contains { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A }
            && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !#""\<>&"#.utf8.contains($0) }
    }

    /// The one name that an object must have; nil: the selector leaves a choice.
    var name: String? { fields.exactValue(of: "metadata.name").flatMap { $0.isEmpty ? nil : $0 } }

    var isEverything: Bool { labels.isEmpty && fields.isEmpty }

    func matches(_ object: JSON) -> Bool {
        labels.matches(object["metadata"]["labels"]) && fieldsMatch(object)
    }

    private func fieldsMatch(_ object: JSON) -> Bool {
        if fields.isEmpty { return true }
        let own = rules.selectableFields(object)
        return fields.matches { field in
            switch field {
            case "metadata.name": object["metadata"]["name"].string ?? ""
            case "metadata.namespace": object["metadata"]["namespace"].string ?? ""
            default: own[field] ?? ""
            }
        }
    }

    /// Reads no more of the object than it must: its labels alone, or all but its lists.
    func matches(_ value: StoredValue) throws(APIStatus) -> Bool {
        do {
            if !labels.isEmpty, try !labelsMatch(value.value) { return false }
            if fields.isEmpty { return true }
            return hasLiterals(value.value) ? fieldsMatch(try ObjectRecord.outline(value.value)) : false
        } catch {
            throw ObjectStore.unreadable(value, error)
        }
    }

    private func labelsMatch(_ record: ByteBuffer) throws(JSONError) -> Bool {
        guard !labelLiterals.isEmpty else { return labels.matches(try ObjectRecord.labels(record)) }
        let mayMatch = ObjectRecord.withLabels(record) { text in
            guard let start = text.baseAddress else { return false }
            return labelLiterals.allSatisfy { memmem(start, text.count, $0, $0.count) != nil }
        }
        return mayMatch ? labels.matches(try ObjectRecord.labels(record)) : false
    }

    private func hasLiterals(_ record: ByteBuffer) -> Bool {
        record.withUnsafeReadableBytes { text in
            guard let start = text.baseAddress else { return literals.isEmpty }
            return literals.allSatisfy { memmem(start, text.count, $0, $0.count) != nil }
        }
    }

    /// A change as those see it who look through the selector.
    struct Change: Sendable {
        enum Kind: String, Sendable { case added = "ADDED", modified = "MODIFIED", deleted = "DELETED" }
        let kind: Kind
        /// After a deletion the last state, with the deletion's own revision.
        let value: StoredValue
    }

    /// An object that comes to match is added, one that ceases to is deleted; nil: nothing of it is seen.
    func change(_ event: StorageEvent, _ hub: WatchHub) throws(APIStatus) -> Change? {
        let (was, isNow) = (try sees(event.previous, hub), try sees(event.value, hub))
        if isNow, let value = event.value { return Change(kind: was ? .modified : .added, value: value) }
        guard was, let last = event.previous else { return nil }
        return Change(
            kind: .deleted,
            value: StoredValue(
                key: last.key, value: last.value, createRevision: last.createRevision, modRevision: event.revision))
    }

    private func sees(_ value: StoredValue?, _ hub: WatchHub) throws(APIStatus) -> Bool {
        guard let value else { return false }
        return isEverything ? true : matches(try hub.tree(value))
    }
}
