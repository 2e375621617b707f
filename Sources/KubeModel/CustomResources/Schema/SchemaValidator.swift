import JSON

/// Checks a value against a schema as kube-openapi's validator does, with its sentences. With an old value, faults of
/// unchanged parts are forgiven (ratcheting).
struct SchemaValidator {
    enum Limit {
        /// Values seen through schemas in one validation; some 2 s. A schema with thousands of alternatives on a list
        /// with a million elements is refused past it.
        static let visits = 5_000_000
        /// Faults that one answer tells.
        static let faults = 1_000
    }

    private var visits = 0
    private let most: Int

    /// - Parameter root: where the value stands; `.none` for a whole object.
    static func errors(
        _ value: JSON, _ schema: JSONSchema, root: FieldPath = .none, correlation: SchemaCorrelation? = nil,
        visits: Int = Limit.visits
    ) -> [FieldError] {
        var validator = SchemaValidator(most: visits)
        let result = validator.check(value, schema, "", correlation)
        guard validator.visits <= validator.most else {
            return [.of(.invalid, root, "", "the schema is too complex to check an object of this size")]
        }
        var seen: Set<String> = []
        var errors: [FieldError] = []
        for fault in result.faults where errors.count < Limit.faults && seen.insert(fault.identity).inserted {
            errors.append(fault.error(under: root))
        }
        return errors
    }

    mutating func check(_ value: JSON, _ schema: JSONSchema, _ path: String, _ correlation: SchemaCorrelation?)
        -> SchemaResult
    {
        visits += 1
        guard visits <= most else { return SchemaResult() }
        var result = allChecks(value, schema, path, correlation)
        if !result.faults.isEmpty, let correlation, correlation.isUnchanged { result.faults = [] }
        return result
    }

    private mutating func allChecks(
        _ value: JSON, _ schema: JSONSchema, _ path: String, _ correlation: SchemaCorrelation?
    ) -> SchemaResult {
        var result = SchemaResult()
        let format = schema.checkedFormat
        if value.isNull {
            if !schema.valueTypes.isEmpty, !schema.isNullable {
                result.faults.append(.type(path, schema.valueTypes.joined(separator: ","), found: "null"))
            }
            if let fault = Self.enumeration(value, schema, path) { result.faults.append(fault) }
            return result
        }
        if !schema.valueTypes.isEmpty || !format.isEmpty {
            let fault = SchemaTypes.fault(value, schema, format: format, path)
            if let fault { result.faults.append(fault) } else { result.matches += 1 }
            result.matches += 1
        }
        result.merge(junctors(value, schema, path, correlation))
        result.matches += 1
        switch value {
        case .string(let text):
            if let fault = Self.string(text, schema, path) { result.faults.append(fault) }
            result.matches += 1
            if !format.isEmpty, SchemaFormats.isFormatOfStrings(format) {
                if !SchemaFormats.holds(format, text) {
                    let sentence = "\(path) in body must be of type \(format): \(GoText.quoted(text))"
                    result.faults.append(SchemaFault(.type, path, value, sentence))
                }
                result.matches += 1
            }
        case .int, .number:
            result.faults += SchemaNumbers.faults(value, schema, format: format, path)
            result.matches += 2
        case .array(let elements): result.merge(array(elements, schema, path, correlation))
        case .null, .bool, .object: break
        }
        if let fault = Self.enumeration(value, schema, path) { result.faults.append(fault) }
        result.matches += 1
        if case .object(let members) = value { result.merge(object(members, schema, path, correlation)) }
        result.matches += 1
        return result
    }

    // MARK: Junctors

    private mutating func junctors(
        _ value: JSON, _ schema: JSONSchema, _ path: String, _ correlation: SchemaCorrelation?
    ) -> SchemaResult {
        var result = SchemaResult()
        if !schema.anyOf.isEmpty { result.merge(any(of: schema.anyOf, value, path, correlation)) }
        if !schema.oneOf.isEmpty { result.merge(one(of: schema.oneOf, value, path, correlation)) }
        if !schema.allOf.isEmpty { result.merge(all(of: schema.allOf, value, path, correlation)) }
        if let not = schema.not, check(value, not, path, branch(correlation)).faults.isEmpty {
            result.faults.append(.unplaced("\(GoText.quoted(path)) must not validate the schema (not)"))
        }
        result.matches += 1
        return result
    }

    /// Below a junctor members are forgiven as they are elsewhere, but the value itself isn't.
    private func branch(_ correlation: SchemaCorrelation?) -> SchemaCorrelation? { correlation?.withoutOwnForgiveness }

    private mutating func any(
        of schemas: [JSONSchema], _ value: JSON, _ path: String, _ correlation: SchemaCorrelation?
    ) -> SchemaResult {
        var best: SchemaResult?
        for schema in schemas {
            let result = check(value, schema, path, branch(correlation))
            if result.faults.isEmpty { return result }
            if best == nil || result.matches > best?.matches ?? 0 { best = result }
        }
        var failed = SchemaResult(
            faults: [.unplaced("\(GoText.quoted(path)) must validate at least one schema (anyOf)")])
        if let best { failed.merge(best) }
        return failed
    }

    private mutating func one(
        of schemas: [JSONSchema], _ value: JSON, _ path: String, _ correlation: SchemaCorrelation?
    ) -> SchemaResult {
        var best: SchemaResult?, success: SchemaResult?
        var valid = 0
        for schema in schemas {
            let result = check(value, schema, path, branch(correlation))
            if result.faults.isEmpty {
                valid += 1
                best = nil
                success = success ?? result
            } else if valid == 0, best == nil || result.matches > best?.matches ?? 0 {
                best = result
            }
        }
        if valid == 1, let success { return success }
        let why = valid == 0 ? "Found none valid" : "Found \(valid) valid alternatives"
        var failed = SchemaResult(
            faults: [.unplaced("\(GoText.quoted(path)) must validate one and only one schema (oneOf). \(why)")])
        if let best { failed.merge(best) }
        return failed
    }

    private mutating func all(
        of schemas: [JSONSchema], _ value: JSON, _ path: String, _ correlation: SchemaCorrelation?
    ) -> SchemaResult {
        var merged = SchemaResult()
        var valid = 0
        for schema in schemas {
            let result = check(value, schema, path, branch(correlation))
            if result.faults.isEmpty { valid += 1 }
            merged.merge(result)
        }
        if valid != schemas.count {
            let why = valid == 0 ? ". None validated" : ""
            merged.faults.append(.unplaced("\(GoText.quoted(path)) must validate all the schemas (allOf)\(why)"))
        }
        return merged
    }

    // MARK: Collections

    private mutating func array(
        _ elements: [JSON], _ schema: JSONSchema, _ path: String, _ correlation: SchemaCorrelation?
    ) -> SchemaResult {
        var result = SchemaResult()
        if let items = schema.items {
            for (index, element) in elements.enumerated() {
                result.merge(check(element, items, "\(path)[\(index)]", correlation?.element(index)))
            }
        }
        let count = JSON(elements.count)
        if let least = schema.minItems, elements.count < least {
            let sentence = "\(path) in body should have at least \(least) items"
            result.faults.append(SchemaFault(.other, path, count, sentence))
        }
        if let most = schema.maxItems, elements.count > most {
            result.faults.append(SchemaFault(.tooMany(elements.count, most: most), path, count))
        }
        if schema.uniqueItems, Set(elements.map(GoValue.marshalled)).count < elements.count {
            result.faults.append(SchemaFault(.other, path, nil, "\(path) in body shouldn't contain duplicates"))
        }
        result.matches += 2
        return result
    }

    private mutating func object(
        _ members: JSONObject, _ schema: JSONSchema, _ path: String, _ correlation: SchemaCorrelation?
    ) -> SchemaResult {
        var result = SchemaResult()
        if let least = schema.minProperties, members.count < least {
            let sentence = "\(path) in body should have at least \(least) properties"
            result.faults.append(SchemaFault(.other, path, JSON(members.count), sentence))
        }
        if let most = schema.maxProperties, members.count > most {
            result.faults.append(SchemaFault(.tooMany(members.count, most: most), path, JSON(members.count)))
        }
        switch schema.additionalProperties {
        case .allowed(false):
            for (key, _) in members where schema.properties[key] == nil {
                let sentence = "\(path).\(key) in body is a forbidden property"
                result.faults.append(SchemaFault(.other, path, .string(key), sentence))
            }
        case .schema(let others):
            for (key, value) in members where schema.properties[key] == nil {
                let child = correlation?.member(key, isRoot: path.isEmpty)
                result.merge(check(value, others, "\(path).\(key)", child))
            }
        case .allowed(true), nil: break
        }
        for name in schema.propertyNames {
            guard let value = members[name], let property = schema.properties[name] else { continue }
            let place = path.isEmpty ? name : "\(path).\(name)"
            result.merge(check(value, property, place, correlation?.member(name, isRoot: path.isEmpty)))
        }
        for name in schema.required where !members.has(name) {
            result.faults.append(SchemaFault(.required, "\(path).\(name)", nil))
        }
        result.matches += 1
        return result
    }

    // MARK: Scalars

    private static func string(_ text: String, _ schema: JSONSchema, _ path: String) -> SchemaFault? {
        let length = text.unicodeScalars.count
        if let most = schema.maxLength, length > most {
            return SchemaFault(.tooLong(most), path, .string(text))
        }
        if let least = schema.minLength, length < least {
            return SchemaFault(
                .other, path, .string(text), "\(path) in body should be at least \(least) chars long")
        }
        guard !schema.pattern.isEmpty else { return nil }
        if let compiled = schema.compiledPattern, compiled.matches(text) { return nil }
        let why = schema.patternFault.map { "\(schema.pattern), but pattern is invalid: \($0)" }
        return SchemaFault(.other, path, .string(text), "\(path) in body should match '\(why ?? schema.pattern)'")
    }

    private static func enumeration(_ value: JSON, _ schema: JSONSchema, _ path: String) -> SchemaFault? {
        guard !schema.enumeration.isEmpty else { return nil }
        let isIn = schema.enumeration.contains { allowed in
            if allowed.isNull { return false }
            switch (value, allowed) {
            case (.number, .int), (.int, .number), (.number, .number): return value.double == allowed.double
            default: return value == allowed
            }
        }
        return isIn ? nil : SchemaFault(.notOneOf(schema.enumeration), path, value)
    }
}
