import JSON

/// Gathers the faults of one object. Paths are built only for a fault that is there.
package struct Faults {
    package private(set) var all: [FieldError] = []

    package init() {}

    package var isEmpty: Bool { all.isEmpty }

    package mutating func add(_ faults: [FieldError]) { all += faults }

    package mutating func add(_ fault: FieldError) { all.append(fault) }

    package mutating func required(_ path: FieldPath, _ detail: String = "") {
        all.append(.required(path, detail))
    }
    package mutating func invalid(_ path: FieldPath, _ value: JSON, _ detail: String) {
        all.append(.invalid(path, value, detail))
    }
    package mutating func forbidden(_ path: FieldPath, _ detail: String) {
        all.append(.forbidden(path, detail))
    }
    package mutating func duplicate(_ path: FieldPath, _ value: JSON) {
        all.append(.duplicate(path, value))
    }
    package mutating func notFound(_ path: FieldPath, _ value: JSON) {
        all.append(.notFound(path, value))
    }
    package mutating func notSupported(_ path: FieldPath, _ value: JSON, _ supported: [String]) {
        all.append(.notSupported(path, value, supported))
    }

    package mutating func notSupported(_ path: FieldPath, _ value: JSON, inOrder supported: [String]) {
        all.append(.notSupported(path, value, inOrder: supported))
    }

    /// One fault for each detail that the rule gives of the value.
    package mutating func check(
        _ value: String, _ path: @autoclosure () -> FieldPath, _ rule: (String) -> [String]
    ) {
        for detail in rule(value) { all.append(.invalid(path(), .string(value), detail)) }
    }

    /// Like `check`, but an empty value is one that is missing.
    package mutating func checkRequired(
        _ value: String, _ path: @autoclosure () -> FieldPath, _ rule: (String) -> [String]
    ) {
        if value.isEmpty { return all.append(.required(path())) }
        check(value, path(), rule)
    }

    /// A member that must be a text with something in it.
    package mutating func checkPresent(_ object: JSON, _ name: String, _ path: FieldPath, _ detail: String = "") {
        if object.text(name).isEmpty { all.append(.required(path[name], detail)) }
    }

    /// A member that must be one of a few words; missing ones are faults of their own.
    package mutating func checkChoice(_ object: JSON, _ name: String, _ path: FieldPath, _ choices: [String]) {
        let value = object.text(name)
        if value.isEmpty {
            all.append(.required(path[name]))
        } else if !choices.contains(value) {
            all.append(.notSupported(path[name], .string(value), choices))
        }
    }

    /// Like `checkChoice`, with the words told in their order.
    package mutating func checkChoice(
        _ object: JSON, _ name: String, _ path: FieldPath, inOrder choices: [String]
    ) {
        let value = object.text(name)
        if value.isEmpty {
            all.append(.required(path[name]))
        } else if !choices.contains(value) {
            all.append(.notSupported(path[name], .string(value), inOrder: choices))
        }
    }

    /// A member that must be one of a few words when it is there.
    package mutating func checkOptionalChoice(
        _ object: JSON, _ name: String, _ path: FieldPath, _ choices: [String]
    ) {
        guard object.has(name) else { return }
        let value = object.text(name)
        if !choices.contains(value) { all.append(.notSupported(path[name], .string(value), choices)) }
    }

    /// A member that must not be less than 0.
    package mutating func checkNotNegative(_ object: JSON, _ name: String, _ path: FieldPath) {
        guard let value = object[name].int, value < 0 else { return }
        all.append(.invalid(path[name], .init(value), "must be greater than or equal to 0"))
    }

    /// A member whose number must be within bounds when it is there.
    package mutating func checkRange(
        _ object: JSON, _ name: String, _ path: FieldPath, _ range: ClosedRange<Int>, _ detail: String? = nil
    ) {
        guard let value = object[name].int, !range.contains(value) else { return }
        let words = detail ?? "must be between \(range.lowerBound) and \(range.upperBound), inclusive"
        all.append(.invalid(path[name], .init(value), words))
    }

    /// A value that must be as it was.
    package mutating func checkUnchanged(_ new: JSON, _ old: JSON, _ path: @autoclosure () -> FieldPath) {
        if !new.isAlike(old) { all.append(.invalid(path(), new, "field is immutable")) }
    }
}
