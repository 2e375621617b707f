import JSON

/// Values without parts that the schema knows.
extension StructuralDecoder {
    mutating func leaf(_ json: JSON, _ type: SchemaType) throws(DecodingError) -> JSON {
        switch type.shape {
        case .string(.plain):
            guard case .string = json else { return mismatch(json, type.goName) }
            return json
        case .string(.byte): return bytes(json, type)
        case .string(let format): return try text(json, format)
        case .integer(let bits): return integer(json, type, bits: bits)
        case .number: return number(json, type)
        case .boolean:
            guard case .bool = json else { return mismatch(json, type.goName) }
            return json
        case .intOrString: return try intOrString(json)
        case .quantity: return try quantity(json)
        case .any: return try any(json, type)
        case .object, .map, .list: return json
        }
    }

    private mutating func integer(_ json: JSON, _ type: SchemaType, bits: Int) -> JSON {
        switch json {
        case .int(let value):
            if bits == 32, Int32(exactly: value) == nil { return mismatch(json, type.goName, number: true) }
            return json
        case .number: return mismatch(json, type.goName, number: true)
        default: return mismatch(json, type.goName)
        }
    }

    private mutating func number(_ json: JSON, _ type: SchemaType) -> JSON {
        switch json {
        case .int: return json
        case .number(let text):
            guard let value = Double(text), value.isFinite else { return mismatch(json, type.goName, number: true) }
            return GoNumber.json(value)
        default: return mismatch(json, type.goName)
        }
    }

    private mutating func bytes(_ json: JSON, _ type: SchemaType) -> JSON {
        guard case .string(let text) = json else { return mismatch(json, type.goName) }
        do throws(GoBase64.Fault) {
            return .string(encodeBase64(try GoBase64.decode(text)))
        } catch {
            if firstFault == nil { firstFault = DecodingError(error.description) }
            return .null
        }
    }

    /// Texts that have a decoder of their own: what it can't read ends the document's decoding.
    private func text(_ json: JSON, _ format: SchemaType.StringFormat) throws(DecodingError) -> JSON {
        guard case .string(let text) = json else { throw typeError(json, "string") }
        do {
            switch format {
            case .dateTime:
                let time = try Timestamp(parsing: text)
                return time.isZero ? .null : .string(time.text)
            case .microTime:
                let time = try Timestamp(parsingMicro: text)
                return time.isZero ? .null : .string(time.microText)
            case .duration: return .string(DurationText.text(try DurationText.parse(text)))
            case .plain, .byte: return json
            }
        } catch {
            throw DecodingError("\(error)")
        }
    }

    private func intOrString(_ json: JSON) throws(DecodingError) -> JSON {
        switch json {
        case .string: return json
        case .int(let value):
            guard Int32(exactly: value) != nil else { throw typeError(json, "int32", number: true) }
            return json
        default: throw typeError(json, "int32", number: true)
        }
    }

    private func quantity(_ json: JSON) throws(DecodingError) -> JSON {
        do throws(QuantityError) {
            let text = json.string ?? json.text
            return .string("\(try Quantity(parsing: trimmed(text)))")
        } catch {
            throw DecodingError("\(error)")
        }
    }

    private func trimmed(_ text: String) -> String {
        guard text.first?.isWhitespace == true || text.last?.isWhitespace == true else { return text }
        let head = text.drop { $0.isWhitespace }
        return String(head.reversed().drop { $0.isWhitespace }.reversed())
    }

    /// Open values as they are; but three of them hold schemas, or what stands in a schema's place.
    private mutating func any(_ json: JSON, _ type: SchemaType) throws(DecodingError) -> JSON {
        let schemas = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"
        guard type.name.hasPrefix(schemas), let schema = Schema.builtIn.type(schemas) else { return json }
        switch json {
        case .object:
            // Its decoder is its own, and not strict.
            let told = strict
            defer { strict = told }
            return try value(json, schema)
        case .array(let elements) where type.name.hasSuffix("OrArray"):
            let told = strict
            defer { strict = told }
            var out: [JSON] = []
            for element in elements { out.append(try value(element, schema)) }
            return .array(out)
        default: return json
        }
    }
}

extension Timestamp {
    /// The first moment of the year 1, which the original holds for no time.
    var isZero: Bool { seconds == -62_135_596_800 && nanoseconds == 0 }
}
