import JSON

/// Why a selector isn't one; the sentence is the original's, and a request with it answers 400.
package struct SelectorError: Error, Equatable, CustomStringConvertible {
    package let description: String
}

/// Longest text of a label or field selector that is read, in bytes: what fits a request line several times over.
let longestSelector = 1 << 18

/// A selection by labels: all requirements must hold.
package struct LabelSelector: Sendable, Hashable {
    package enum Operator: String, Sendable {
        case exists = "exists"
        case doesNotExist = "!"
        case isIn = "in"
        case notIn = "notin"
        case equals = "="
        case doubleEquals = "=="
        case notEquals = "!="
        case greaterThan = "gt"
        case lessThan = "lt"

        /// Those with values, as messages list them.
        static let binary = ["in", "notin", "=", "==", "!=", "gt", "lt"]
    }

    package struct Requirement: Sendable, Hashable {
        package let key: String
        package let `operator`: Operator
        /// Sorted, without repetitions; empty for exists and doesNotExist.
        package let values: [String]
    }

    /// Sorted by key.
    package let requirements: [Requirement]
    /// Whether it selects nothing at all: the selector that isn't there (`selector: null`).
    package let selectsNothing: Bool

    init(_ requirements: [Requirement], selectsNothing: Bool = false) {
        self.requirements = requirements
        self.selectsNothing = selectsNothing
    }

    package static let everything = LabelSelector([])
    package static let nothing = LabelSelector([], selectsNothing: true)

    /// Equality with each of the labels; unchecked, as in a Service's or ReplicationController's selector.
    package init(equalTo labels: [String: String]) {
        self.init(
            labels.sorted { $0.key < $1.key }.map { Requirement(key: $0.key, operator: .equals, values: [$0.value]) })
    }

    /// Whether it restricts nothing.
    package var isEmpty: Bool { requirements.isEmpty && !selectsNothing }

    /// The one value that the selector demands of the label; nil when it leaves a choice.
    package func exactValue(of label: String) -> String? {
        guard let requirement = requirements.first(where: { $0.key == label }), requirement.values.count == 1 else {
            return nil
        }
        return switch requirement.operator {
        case .equals, .doubleEquals, .isIn: requirement.values[0]
        default: nil
        }
    }

    // MARK: Matching

    package func matches(_ labels: [String: String]) -> Bool { matches { labels[$0] } }

    /// - Parameter labels: `metadata.labels`, or null.
    package func matches(_ labels: JSON) -> Bool {
        guard let members = labels.object else { return matches { _ in nil } }
        return matches { members[$0]?.string }
    }

    package func matches(_ value: (String) -> String?) -> Bool {
        !selectsNothing && requirements.allSatisfy { $0.matches(value($0.key)) }
    }
}

extension LabelSelector.Requirement {
    /// - Parameter value: nil when there is no such label.
    func matches(_ value: String?) -> Bool {
        switch self.operator {
        case .exists: return value != nil
        case .doesNotExist: return value == nil
        case .isIn, .equals, .doubleEquals: return value.map(has) ?? false
        case .notIn, .notEquals: return !(value.map(has) ?? false)
        case .greaterThan, .lessThan:
            guard let number = value.flatMap(GoInteger.parse), let bound = values.first.flatMap(GoInteger.parse) else {
                return false
            }
            return self.operator == .greaterThan ? number > bound : number < bound
        }
    }

    /// Values are sorted; long lists are searched by halves.
    private func has(_ value: String) -> Bool {
        if values.count <= 8 { return values.contains(value) }
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if values[middle] == value { return true }
            if values[middle] < value { low = middle + 1 } else { high = middle }
        }
        return false
    }
}

extension LabelSelector: CustomStringConvertible {
    package var description: String { requirements.map(\.description).joined(separator: ",") }
}

extension LabelSelector.Requirement: CustomStringConvertible {
    package var description: String {
        let list = values.joined(separator: ",")
        return switch self.operator {
        case .exists: key
        case .doesNotExist: "!\(key)"
        case .isIn, .notIn: "\(key) \(self.operator.rawValue) (\(list))"
        case .greaterThan: "\(key)>\(list)"
        case .lessThan: "\(key)<\(list)"
        case .equals, .doubleEquals, .notEquals: "\(key)\(self.operator.rawValue)\(list)"
        }
    }
}

extension LabelSelector.Requirement {
    /// A checked requirement; the faults' paths are those of the original (`key`, `values[0][app]`).
    init(checking key: String, _ op: LabelSelector.Operator, _ values: [String]) throws(SelectorError) {
        var faults: [FieldError] = []
        if let why = LabelSelector.fault(key: key) { faults.append(.invalid(FieldPath("key"), .string(key), why)) }
        let path = FieldPath("values")
        let sorted = Array(Set(values)).sorted()
        let list = JSON(sorted)
        switch op {
        case .isIn, .notIn:
            if sorted.isEmpty {
                faults.append(.invalid(path, list, "for 'in', 'notin' operators, values set can't be empty"))
            }
        case .equals, .doubleEquals, .notEquals:
            if sorted.count != 1 {
                faults.append(.invalid(path, list, "exact-match compatibility requires one single value"))
            }
        case .exists, .doesNotExist:
            if !sorted.isEmpty {
                faults.append(.invalid(path, list, "values set must be empty for exists and does not exist"))
            }
        case .greaterThan, .lessThan:
            if sorted.count != 1 {
                faults.append(.invalid(path, list, "for 'Gt', 'Lt' operators, exactly one value is required"))
            }
            for (at, value) in sorted.enumerated() where GoInteger.parse(value) == nil {
                faults.append(
                    .invalid(path[at], .string(value), "for 'Gt', 'Lt' operators, the value must be an integer"))
            }
        }
        for (at, value) in sorted.enumerated() {
            let why = Names.labelValue(value)
            guard !why.isEmpty else { continue }
            faults.append(.invalid(path[at][key: key], .string(value), why.joined(separator: "; ")))
        }
        guard faults.isEmpty else { throw LabelSelector.failure(faults) }
        self.init(key: key, operator: op, values: sorted)
    }
}

extension LabelSelector {
    /// All that is wrong with a key, in one text; nil when it is good.
    static func fault(key: String) -> String? {
        let faults = Names.qualifiedName(key)
        return faults.isEmpty ? nil : faults.joined(separator: "; ")
    }

    /// As an aggregate of errors prints: alone, or in brackets.
    static func failure(_ faults: [FieldError]) -> SelectorError {
        var texts: [String] = []
        for fault in faults where !texts.contains(fault.description) { texts.append(fault.description) }
        return SelectorError(description: texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]")
    }
}
