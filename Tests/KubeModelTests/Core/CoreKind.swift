import JSON
import Testing

@testable import KubeModel

/// A kind's rules as a test uses them: on objects written short.
struct CoreKind {
    let rules: KindRules

    init(_ kind: String, group: String = "") { rules = AllKinds.rules(group: group, kind: kind) }

    func defaulted(_ object: JSON) -> JSON {
        var object = object
        rules.defaults(&object)
        return object
    }

    /// As it is stored after a creation.
    func created(_ object: JSON) -> JSON {
        var object = defaulted(object)
        rules.prepareForCreate(&object)
        return object
    }

    /// The faults of a creation, as the message lists them.
    func faults(_ object: JSON) -> [String] { rules.validate(created(object)).map(\.description) }

    /// The faults of a change to what was stored.
    func faults(of new: JSON, after old: JSON) -> [String] {
        rules.validateUpdate(updated(new, old), old).map(\.description)
    }

    func updated(_ new: JSON, _ old: JSON) -> JSON {
        var new = defaulted(new)
        rules.prepareForUpdate(&new, old)
        return new
    }

    func statusFaults(of new: JSON, after old: JSON) -> [String] {
        var new = new
        rules.prepareForStatusUpdate(&new, old)
        return rules.validateStatusUpdate(new, old).map(\.description)
    }

    /// The cells of a row at `now`, as texts.
    func cells(_ object: JSON, now: Double = 0) -> [String] {
        (rules.table?.cells(object, now) ?? []).map { $0.string ?? $0.text }
    }
}

/// One thing done to a valid object, and what must be said of it.
struct CoreFault: CustomTestStringConvertible, Sendable {
    let path: String
    let value: JSON
    let faults: [String]

    /// - Parameter path: members joined by dots, elements by number: `spec.containers.0.name`. `null` takes away.
    init(_ path: String, _ value: JSON, _ faults: String...) {
        self.path = path
        self.value = value
        self.faults = faults
    }

    var testDescription: String { "\(path) = \(value.text)" }

    func applied(to object: JSON) -> JSON {
        var object = object
        Self.set(&object, path.split(separator: ".")[...], value)
        return object
    }

    private static func set(_ json: inout JSON, _ path: ArraySlice<Substring>, _ value: JSON) {
        guard let head = path.first else { return json = value }
        let rest = path.dropFirst()
        if let index = Int(head), var list = json.array {
            while list.count <= index { list.append([:]) }
            set(&list[index], rest, value)
            json = .array(list)
        } else {
            var member = json[String(head)]
            set(&member, rest, value)
            if member.isNull { json.remove(String(head)) } else { json[String(head)] = member }
        }
    }
}
