import JSON

extension Faults {
    /// Labels, or the labels that a selector asks for. Faults stand at the whole map, as the original's do.
    package mutating func checkLabels(_ labels: JSON, _ path: @autoclosure () -> FieldPath) {
        if case .object = labels { add(MetadataRules.validateLabels(labels, path())) }
    }

    /// A `LabelSelector`; null is no selector.
    /// - Parameter allowsBadValues: for objects that held bad values before the rule.
    package mutating func checkSelector(
        _ selector: JSON, allowsBadValues: Bool = false, _ path: @autoclosure () -> FieldPath
    ) {
        guard case .object = selector else { return }
        var options = LabelSelector.ValidationOptions()
        options.allowsInvalidValues = allowsBadValues
        add(LabelSelector.validate(selector, path(), options))
    }
}
