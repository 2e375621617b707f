import JSON

/// `metav1.LabelSelector`, the form in objects: `matchLabels` and `matchExpressions`.
extension LabelSelector {
    /// Null selects nothing, an empty object everything.
    package init(_ json: JSON) throws(SelectorError) {
        guard let members = json.object else {
            self = .nothing
            return
        }
        var list: [Requirement] = []
        for (key, value) in members["matchLabels"]?.object ?? JSONObject() {
            list.append(try Requirement(checking: key, .equals, [value.string ?? ""]))
        }
        for expression in members["matchExpressions"]?.array ?? [] {
            let name = expression["operator"].string ?? ""
            guard let op = LabelSelector.objectOperators[name] else {
                throw SelectorError(description: "\(GoText.quoted(name)) is not a valid label selector operator")
            }
            let key = expression["key"].string ?? ""
            list.append(try Requirement(checking: key, op, expression["values"].strings))
        }
        self.init(list.enumerated().sorted { ($0.1.key, $0.0) < ($1.1.key, $1.0) }.map(\.1))
    }

    private static let objectOperators: [String: Operator] = [
        "In": .isIn, "NotIn": .notIn, "Exists": .exists, "DoesNotExist": .doesNotExist,
    ]

    package struct ValidationOptions: Sendable {
        /// For updates of objects that hold bad values already.
        package var allowsInvalidValues = false
        package var allowsUnknownOperators = false
        package init() {}
    }

    /// All faults of a selector in an object; none for null.
    package static func validate(_ json: JSON, _ path: FieldPath, _ options: ValidationOptions = .init())
        -> [FieldError]
    {
        guard json.object != nil else { return [] }
        var faults = MetadataRules.validateLabels(json["matchLabels"], path["matchLabels"])
        for (at, expression) in (json["matchExpressions"].array ?? []).enumerated() {
            faults += validateExpression(expression, path["matchExpressions"][at], options)
        }
        return faults
    }

    /// Whether an expression of the selector has a value that no label can have.
    package static func hasInvalidValue(_ json: JSON) -> Bool {
        (json["matchExpressions"].array ?? []).contains { expression in
            expression["values"].strings.contains { !Names.labelValue($0).isEmpty }
        }
    }

    private static func validateExpression(_ expression: JSON, _ path: FieldPath, _ options: ValidationOptions)
        -> [FieldError]
    {
        var faults: [FieldError] = []
        let values = expression["values"].strings
        switch expression["operator"].string ?? "" {
        case "In", "NotIn":
            if values.isEmpty {
                faults.append(.required(path["values"], "must be specified when `operator` is 'In' or 'NotIn'"))
            }
        case "Exists", "DoesNotExist":
            if !values.isEmpty {
                faults.append(
                    .forbidden(
                        path["values"], "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
            }
        case let name:
            if !options.allowsUnknownOperators {
                faults.append(.invalid(path["operator"], .string(name), "not a valid selector operator"))
            }
        }
        let key = expression["key"].string ?? ""
        faults += Names.qualifiedName(key).map { .invalid(path["key"], .string(key), $0) }
        if !options.allowsInvalidValues {
            for (at, value) in values.enumerated() {
                faults += Names.labelValue(value).map { .invalid(path["values"][at], .string(value), $0) }
            }
        }
        return faults
    }
}
