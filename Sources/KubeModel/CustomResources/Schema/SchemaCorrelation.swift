import JSON

/// The old value that belongs to a new one, so that what was stored before a schema became stricter may stay.
final class SchemaCorrelation {
    private let new: JSON, old: JSON
    private let schema: JSONSchema
    private let forgives: Bool
    private lazy var equality = new == old || Self.areEqual(new, old, schema)
    private lazy var oldByKey: [String: JSON] = Self.byKey(old.array ?? [], schema.listMapKeys)

    init(new: JSON, old: JSON, schema: JSONSchema, forgives: Bool = true) {
        self.new = new
        self.old = old
        self.schema = schema
        self.forgives = forgives
    }

    /// Whether the value's own faults are forgiven.
    var isUnchanged: Bool { forgives && equality }

    /// The same, for a schema inside `allOf` and its kind.
    var withoutOwnForgiveness: SchemaCorrelation {
        SchemaCorrelation(new: new, old: old, schema: schema, forgives: false)
    }

    func member(_ name: String, isRoot: Bool) -> SchemaCorrelation? {
        if isRoot, name == "apiVersion" || name == "kind" { return nil }
        guard let before = old.object?[name], let now = new.object?[name], let member = schema.member(name) else {
            return nil
        }
        return SchemaCorrelation(new: now, old: before, schema: member)
    }

    /// Elements belong together by their keys; those of lists without keys don't.
    func element(_ index: Int) -> SchemaCorrelation? {
        guard schema.listType == "map", let items = schema.items, old.array != nil else { return nil }
        let now = new[index]
        guard let before = oldByKey[Self.key(now, schema.listMapKeys)] else { return nil }
        return SchemaCorrelation(new: now, old: before, schema: items)
    }

    private static func byKey(_ elements: [JSON], _ keys: [String]) -> [String: JSON] {
        Dictionary(elements.map { (key($0, keys), $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static func key(_ element: JSON, _ keys: [String]) -> String {
        JSON.array(keys.map { element[$0] }).text
    }

    /// Equal but for the order of lists with keys.
    private static func areEqual(_ new: JSON, _ old: JSON, _ schema: JSONSchema?) -> Bool {
        switch (new, old) {
        case (.object(let new), .object(let old)):
            return new.count == old.count
                && new.allSatisfy { entry in
                    old[entry.key].map { areEqual(entry.value, $0, schema?.member(entry.key)) } ?? false
                }
        case (.array(let new), .array(let old)):
            guard new.count == old.count else { return false }
            guard let schema, schema.listType == "map" else { return new == old }
            let before = byKey(old, schema.listMapKeys)
            return new.allSatisfy { element in
                before[key(element, schema.listMapKeys)].map { areEqual(element, $0, schema.items) } ?? false
            }
        default: return new == old
        }
    }
}
