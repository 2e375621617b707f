import JSON

/// Why an applied configuration doesn't fit its type, with the texts of structured-merge-diff.
struct TypeFaults: Error, CustomStringConvertible {
    /// Most faults that are told; the rest of a bad object wouldn't be read.
    static let limit = 100

    private(set) var list: [String] = []

    var isFull: Bool { list.count >= TypeFaults.limit }

    mutating func add(_ path: [PathElement], _ message: String) {
        if isFull { return }
        list.append(path.isEmpty ? message : "\(path.pathText): \(message)")
    }

    var description: String {
        list.count == 1 ? list[0] : (["errors:"] + list.map { "  \($0)" }).joined(separator: "\n")
    }
}

extension ApplyType {
    /// Fails when the value doesn't fit the type, or an element is there twice.
    func validate(_ value: JSON) throws(TypeFaults) {
        var faults = TypeFaults()
        var path: [PathElement] = []
        validate(value, &path, &faults)
        if !faults.list.isEmpty { throw faults }
    }

    private func validate(_ value: JSON, _ path: inout [PathElement], _ faults: inout TypeFaults) {
        guard let type, value != .null, !faults.isFull else { return }
        switch type.shape {
        case .object, .map:
            guard case .object(let members) = value else {
                return faults.add(path, "expected map, got &{\(GoText.value(value))}")
            }
            validateMembers(members, type, &path, &faults)
        case .list:
            guard case .array(let items) = value else {
                return faults.add(path, "expected list, got &{\(GoText.value(value))}")
            }
            validateElements(items, &path, &faults)
        case .integer, .number:
            if value.double == nil {
                faults.add(path, "expected numeric (int or float), got \(GoText.type(value))")
            }
        case .string:
            if value.string == nil {
                faults.add(path, "expected string, got &value.valueUnstructured{Value:\(GoText.syntax(value))}")
            }
        case .boolean:
            if value.bool == nil { faults.add(path, "expected boolean, got &{\(GoText.value(value))}") }
        case .intOrString, .quantity:
            if value.object != nil || value.array != nil {
                faults.add(path, "expected any scalar, got &{\(GoText.value(value))}")
            }
        case .any: break
        }
    }

    private func validateMembers(
        _ members: JSONObject, _ type: SchemaType, _ path: inout [PathElement], _ faults: inout TypeFaults
    ) {
        for (name, value) in members {
            let (member, isDeclared) = member(name)
            path.append(.field(name))
            defer { path.removeLast() }
            if !isDeclared, case .object = type.shape, !type.preservesUnknown {
                return faults.add(path, "field not declared in schema")
            }
            member.validate(value, &path, &faults)
        }
    }

    private func validateElements(_ items: [JSON], _ path: inout [PathElement], _ faults: inout TypeFaults) {
        let shape = shape(of: .array(items)), type = element
        var seen: Set<PathElement> = []
        for (at, item) in items.enumerated() {
            let place: PathElement
            if shape == .atomicList {
                place = .index(at)
            } else {
                do throws(BadElement) { place = try pathElement(item, shape) } catch {
                    return faults.add(path, "element \(at): \(error.message)")
                }
                if !seen.insert(place).inserted { faults.add(path, "duplicate entries for key \(place)") }
            }
            path.append(place)
            type.validate(item, &path, &faults)
            path.removeLast()
        }
    }
}
