/// A type's fields in the order of the wire, those of embedded messages under the number of the message.
final class ProtobufPlan: Sendable {
    enum Part: Sendable {
        /// The place among the type's fields.
        case field(Int)
        case embedded(ProtobufPlan)
    }

    /// In ascending order of their numbers.
    let parts: [(number: Int, part: Part)]
    private let places: [Int: Int]

    private init(_ parts: [(number: Int, part: Part)]) {
        self.parts = parts
        places = Dictionary(parts.enumerated().map { ($1.number, $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(number: Int) -> Part? { places[number].map { parts[$0].part } }

    static func of(_ type: SchemaType) -> ProtobufPlan { builtIn[ObjectIdentifier(type)] ?? empty }

    private static let empty = ProtobufPlan([])

    private static let builtIn: [ObjectIdentifier: ProtobufPlan] = {
        var plans: [ObjectIdentifier: ProtobufPlan] = [:]
        for name in Schema.builtIn.typeNames {
            guard let type = Schema.builtIn.type(name) else { continue }
            let ways = type.fields.enumerated().compactMap { at, field in
                field.protobufNumber == 0 ? nil : (way: (field.protobufOuter + [field.protobufNumber])[...], at: at)
            }
            plans[ObjectIdentifier(type)] = build(ways)
        }
        return plans
    }()

    private static func build(_ ways: [(way: ArraySlice<Int>, at: Int)]) -> ProtobufPlan {
        var parts: [(number: Int, part: Part)] = []
        let groups = Dictionary(grouping: ways) { $0.way.first ?? 0 }
        for (number, members) in groups.sorted(by: { $0.key < $1.key }) {
            if members.count == 1, members[0].way.count == 1 {
                parts.append((number, .field(members[0].at)))
            } else {
                parts.append((number, .embedded(build(members.map { ($0.way.dropFirst(), $0.at) }))))
            }
        }
        return ProtobufPlan(parts)
    }
}
