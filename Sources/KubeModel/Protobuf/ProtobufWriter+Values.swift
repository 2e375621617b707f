import JSON
import Protobuf

/// Values by their type.
extension ProtobufWriter {
    mutating func object(_ members: JSONObject, _ type: SchemaType) {
        write(ProtobufPlan.of(type), members, type.fields)
    }

    private mutating func write(_ plan: ProtobufPlan, _ members: JSONObject, _ fields: [SchemaField]) {
        for (number, part) in plan.parts {
            switch part {
            case .field(let at):
                if let value = members[fields[at].name], !value.isNull { self.value(number, value, fields[at].type) }
            case .embedded(let plan): message(number) { $0.write(plan, members, fields) }
            }
        }
    }

    /// A field with a value that isn't null. Values of another type than the field's are left out.
    mutating func value(_ number: Int, _ json: JSON, _ type: SchemaType) {
        switch (type.shape, json) {
        case (.object, .object(let members)): message(number) { $0.object(members, type) }
        case (.map(let element), .object(let members)):
            for (key, value) in members.sortedByKey() {
                message(number) { entry in
                    entry.string(1, key)
                    // A time that isn't set is an empty message.
                    if value.isNull { entry.message(2) { _ in } } else { entry.value(2, value, element) }
                }
            }
        case (.list(let element, _), .array(let elements)):
            if type.traits.contains(.listMessage) {
                message(number) { list in for value in elements { list.value(1, value, element) } }
            } else {
                for value in elements { self.value(number, value, element) }
            }
        case (.string(let format), .string(let text)): string(number, text, format)
        case (.integer, .int(let value)): integer(number, value)
        case (.number, .int), (.number, .number):
            tag(number, 1)
            let bits = (json.double ?? 0).bitPattern
            for shift in stride(from: UInt64(0), to: 64, by: 8) { out.append(UInt8(truncatingIfNeeded: bits >> shift)) }
        case (.boolean, .bool(let value)): integer(number, value ? 1 : 0)
        case (.intOrString, .string(let text)): message(number) { $0.intOrString(1, 0, text) }
        case (.intOrString, .int(let value)): message(number) { $0.intOrString(0, value, "") }
        case (.quantity, .string(let text)): message(number) { $0.string(1, text) }
        case (.quantity, .int), (.quantity, .number): message(number) { $0.string(1, json.text) }
        case (.any, _): message(number) { $0.open(json, type) }
        default: break
        }
    }

    private mutating func intOrString(_ type: Int64, _ number: Int64, _ text: String) {
        integer(1, type)
        integer(2, number)
        string(3, text)
    }

    mutating func string(_ number: Int, _ text: String, _ format: SchemaType.StringFormat) {
        switch format {
        case .plain: string(number, text)
        case .byte: bytes(number, decodeBase64(text) ?? [])
        case .dateTime:
            if let time = try? Timestamp(parsing: text) { timestamp(number, time.seconds, 0) }
        case .microTime:
            if let time = try? Timestamp(parsingMicro: text) { timestamp(number, time.seconds, time.nanoseconds) }
        case .duration:
            if let value = try? DurationText.parse(text) { message(number) { $0.integer(1, Int64(value)) } }
        }
    }

    private mutating func timestamp(_ number: Int, _ seconds: Int, _ nanoseconds: Int) {
        message(number) {
            $0.integer(1, Int64(seconds))
            $0.integer(2, Int64(nanoseconds))
        }
    }

    /// Open values are JSON inside; three of the schemas' types are messages of their own.
    private mutating func open(_ json: JSON, _ type: SchemaType) {
        guard let form = ProtobufSchemaForm(type), let schema = ProtobufSchemaForm.schema else {
            return bytes(1, json.bytes())
        }
        switch (form, json) {
        case (.orBool, .bool(let value)): integer(1, value ? 1 : 0)
        case (.orBool, .object(let members)):
            integer(1, 1)
            message(2) { $0.object(members, schema) }
        case (_, .object(let members)): message(1) { $0.object(members, schema) }
        case (.orArray, .array(let elements)):
            for element in elements { message(2) { $0.object(element.object ?? JSONObject(), schema) } }
        case (.orStrings, .array(let elements)): for element in elements { string(2, element.string ?? "") }
        default: break
        }
    }
}

/// `JSONSchemaPropsOr…`: a schema, or what may stand in its place.
enum ProtobufSchemaForm {
    case orArray, orBool, orStrings

    private static let schemaName = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"

    init?(_ type: SchemaType) {
        switch type.name {
        case ProtobufSchemaForm.schemaName + "OrArray": self = .orArray
        case ProtobufSchemaForm.schemaName + "OrBool": self = .orBool
        case ProtobufSchemaForm.schemaName + "OrStringArray": self = .orStrings
        default: return nil
        }
    }

    static var schema: SchemaType? { Schema.builtIn.type(schemaName) }
}
