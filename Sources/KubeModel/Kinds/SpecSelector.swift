import JSON

/// Label selectors as parts of specs (`metav1.LabelSelector`).
enum SpecSelector {
    static func faults(_ selector: JSON, _ path: FieldPath) -> [FieldError] {
        LabelSelector.validate(selector, path)
    }

    static func isEmpty(_ selector: JSON) -> Bool {
        selector.map("matchLabels").isEmpty && selector.list("matchExpressions").isEmpty
    }

    /// Whether it can be evaluated at all; no selector can: it matches nothing.
    static func isUsable(_ selector: JSON) -> Bool { parsed(selector) != nil }

    /// False also when it can't be evaluated.
    static func matches(_ selector: JSON, _ labels: JSON) -> Bool {
        parsed(selector)?.matches(labels.stringMap) ?? false
    }

    /// `app=web,tier in (a,b)`; "" for an empty one, nil when it can't be evaluated.
    static func text(_ selector: JSON) -> String? {
        parsed(selector)?.description
    }

    private static func parsed(_ selector: JSON) -> LabelSelector? { try? LabelSelector(selector) }

    /// As tables show it: `<none>` for an empty one.
    static func cell(_ selector: JSON) -> JSON {
        guard let text = text(selector) else { return "<error>" }
        return .string(text.isEmpty ? "<none>" : text)
    }

    /// A plain map of labels as tables show it.
    static func cell(labels: JSON) -> JSON {
        let pairs = labels.stringMap.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return .string(pairs.isEmpty ? "<none>" : pairs.joined(separator: ","))
    }
}
