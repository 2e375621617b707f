import JSON
import Testing

@testable import KubeModel

/// One change of a good object, and the faults that it must have then, as sentences.
struct FaultCase {
    let name: String
    let faults: [String]
    let change: (inout JSON) -> Void

    init(_ name: String, _ faults: String..., change: @escaping (inout JSON) -> Void) {
        self.name = name
        self.faults = faults
        self.change = change
    }
}

extension KindRules {
    /// The object with the kind's own defaults.
    func defaulted(_ text: String) throws -> JSON {
        var object = try JSON(parsing: text)
        defaults(&object)
        return object
    }

    /// The good object has no fault, and each changed one has just its own.
    func expect(_ cases: [FaultCase], of good: JSON, location: SourceLocation = #_sourceLocation) {
        #expect(validate(good).map(\.description) == [], "the good object", sourceLocation: location)
        for one in cases {
            var object = good
            one.change(&object)
            let faults = validate(object).map(\.description)
            #expect(faults == one.faults, "\(one.name)", sourceLocation: location)
        }
    }

    /// As above, for changes of an object that is stored.
    func expectUpdates(_ cases: [FaultCase], of good: JSON, location: SourceLocation = #_sourceLocation) {
        #expect(validateUpdate(good, good).map(\.description) == [], "no change", sourceLocation: location)
        for one in cases {
            var object = good
            one.change(&object)
            let faults = validateUpdate(object, good).map(\.description)
            #expect(faults == one.faults, "\(one.name)", sourceLocation: location)
        }
    }

    func expectStatusUpdates(_ cases: [FaultCase], of good: JSON, location: SourceLocation = #_sourceLocation) {
        for one in cases {
            var object = good
            one.change(&object)
            let faults = validateStatusUpdate(object, good).map(\.description)
            #expect(faults == one.faults, "\(one.name)", sourceLocation: location)
        }
    }

    /// The cells of the object an hour after its creation at 2026-01-01.
    func row(_ object: JSON) -> [JSON] {
        var object = object
        object["metadata", "creationTimestamp"] = "2026-01-01T00:00:00Z"
        return table?.cells(object, 1_767_225_600 + 3_600) ?? []
    }

    /// Names of the columns, those of `-o wide` in brackets.
    var columnNames: [String] { (table?.columns ?? []).map { $0.priority == 0 ? $0.name : "[\($0.name)]" } }
}
