import JSON

/// Lists that are sets or maps have no element twice (`x-kubernetes-list-type`).
enum ListInvariants {
    static func errors(_ value: JSON, _ schema: JSONSchema?, _ path: FieldPath = .none) -> [FieldError] {
        guard let schema else { return [] }
        switch value {
        case .object(let members):
            return members.flatMap { name, value -> [FieldError] in
                if let own = schema.properties[name] { return errors(value, own, path.child(name)) }
                guard case .schema(let others) = schema.additionalProperties else { return [] }
                return errors(value, others, path.entry(name))
            }
        case .array(let elements):
            var found: [FieldError] = []
            switch schema.listType {
            case "set": found = repeated(elements).map { .of(.duplicate, path.element($0), elements[$0]) }
            case "map": found = mapErrors(elements, schema, path)
            default: break
            }
            guard schema.items != nil else { return found }
            return found
                + elements.enumerated().flatMap { errors($0.element, schema.items, path.element($0.offset)) }
        default: return []
        }
    }

    private static func mapErrors(_ elements: [JSON], _ schema: JSONSchema, _ path: FieldPath) -> [FieldError] {
        if let odd = elements.firstIndex(where: { $0.object == nil && !$0.isNull }) {
            return [.of(.invalid, path.element(odd), elements[odd], "must be an object for an array of list-type map")]
        }
        let keys = elements.map { element in
            JSON.object(JSONObject(schema.listMapKeys.compactMap { key in element.object?[key].map { (key, $0) } }))
        }
        return repeated(keys).map { .of(.duplicate, path.element($0), keys[$0]) }
    }

    /// The places of second appearances; third and later ones aren't told.
    private static func repeated(_ elements: [JSON]) -> [Int] {
        var seen: [String: Int] = [:]
        var places: [Int] = []
        for (place, element) in elements.enumerated() {
            let count = (seen[GoValue.text(element)] ?? 0) + 1
            seen[GoValue.text(element)] = count
            if count == 2 { places.append(place) }
        }
        return places
    }
}
