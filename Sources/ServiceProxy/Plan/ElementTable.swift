import KubeClient

/// What is to be done so that the table's elements are right again.
struct ElementChanges: Sendable, Equatable {
    var removed: [ElementKey] = []
    var added: [RuleElement] = []
    var isEmpty: Bool { removed.isEmpty && added.isEmpty }
}

/// All elements with the services that want them. Where several want one place, the first has it until it leaves.
struct ElementTable: Sendable {
    private var claims: [ElementKey: [(service: ObjectKey, value: ElementValue)]] = [:]
    private var places: [ObjectKey: Set<ElementKey>] = [:]

    var elements: [RuleElement] {
        claims.compactMap { key, claims in claims.first.map { RuleElement(key, $0.value) } }
    }

    var services: [ObjectKey] { Array(places.keys) }

    func value(_ key: ElementKey) -> ElementValue? { claims[key]?.first?.value }

    /// Puts `elements` in the place of all that the service had; none: it is gone.
    /// - Parameter before: the value of each place that was touched, as it was first; for `changes`.
    mutating func replace(
        _ service: ObjectKey, _ elements: [RuleElement], _ before: inout [ElementKey: ElementValue?]
    ) {
        let keys = Set(elements.map(\.key))
        for key in places[service, default: []].subtracting(keys) {
            note(key, &before)
            claims[key]?.removeAll { $0.service == service }
            if claims[key]?.isEmpty == true { claims[key] = nil }
        }
        for element in elements {
            note(element.key, &before)
            if let at = claims[element.key]?.firstIndex(where: { $0.service == service }) {
                claims[element.key]?[at].value = element.value
            } else {
                claims[element.key, default: []].append((service, element.value))
            }
        }
        places[service] = keys.isEmpty ? nil : keys
    }

    private func note(_ key: ElementKey, _ before: inout [ElementKey: ElementValue?]) {
        if before[key] == nil { before[key] = .some(value(key)) }
    }

    func changes(since before: [ElementKey: ElementValue?]) -> ElementChanges {
        var changes = ElementChanges()
        for (key, old) in before {
            let new = value(key)
            if new == old { continue }
            if old != nil { changes.removed.append(key) }
            if let new { changes.added.append(RuleElement(key, new)) }
        }
        return changes
    }
}
