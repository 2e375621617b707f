import JSON
import Protobuf

/// Builds JSON from messages by their type.
struct ProtobufDecoder {
    let maximumValues: Int
    private var depth = 0
    private var values = 0

    init(maximumValues: Int) { self.maximumValues = maximumValues }

    private mutating func descend() throws(KubeProtobuf.Fault) {
        depth += 1
        guard depth <= StructuralDecoder.maximumDepth else {
            throw KubeProtobuf.Fault(description: "proto: messages nested too deeply")
        }
    }

    private mutating func count() throws(KubeProtobuf.Fault) {
        values += 1
        guard values <= maximumValues else {
            throw KubeProtobuf.Fault(description: "proto: more than \(maximumValues) values")
        }
    }

    mutating func object(_ reader: ProtobufReader, _ type: SchemaType) throws(KubeProtobuf.Fault) -> JSON {
        try descend()
        var members = JSONObject()
        var lists: [Int: [JSON]] = [:]
        var maps: [Int: [(String, JSON)]] = [:]
        try read(reader, ProtobufPlan.of(type), type.fields, &members, &lists, &maps)
        for (at, elements) in lists { members[type.fields[at].name] = .array(elements) }
        for (at, entries) in maps { members[type.fields[at].name] = .object(JSONObject(entries)) }
        depth -= 1
        return .object(members)
    }

    private mutating func read(
        _ reader: ProtobufReader, _ plan: ProtobufPlan, _ fields: [SchemaField], _ members: inout JSONObject,
        _ lists: inout [Int: [JSON]], _ maps: inout [Int: [(String, JSON)]]
    ) throws(KubeProtobuf.Fault) {
        var reader = reader
        while let (number, wire) = try reader.tag() {
            switch plan[number] {
            case nil: try reader.skip(wire)
            case .embedded(let inner): try read(reader.nested(wire, ""), inner, fields, &members, &lists, &maps)
            case .field(let at):
                let (name, type) = (fields[at].name, fields[at].type)
                switch type.shape {
                case .list(let element, _) where !type.traits.contains(.listMessage):
                    try elements(&reader, wire, element, name, &lists[at, default: []])
                case .map(let value):
                    maps[at, default: []].append(try entry(reader.nested(wire, name), value, name))
                    try count()
                default: members[name] = try value(&reader, wire, type, name)
                }
            }
        }
    }

    /// One element; or, for numbers, a run of them.
    private mutating func elements(
        _ reader: inout ProtobufReader, _ wire: ProtobufReader.Wire, _ type: SchemaType, _ name: String,
        _ list: inout [JSON]
    ) throws(KubeProtobuf.Fault) {
        var single = ProtobufReader.Wire.bytes
        switch type.shape {
        case .integer, .boolean: single = .varint
        case .number: single = .fixed64
        default: break
        }
        guard wire == .bytes, single != .bytes else { return list.append(try value(&reader, wire, type, name)) }
        var run = try reader.nested(wire, name)
        while !run.isAtEnd { list.append(try value(&run, single, type, name)) }
    }

    private mutating func entry(_ reader: ProtobufReader, _ type: SchemaType, _ name: String)
        throws(KubeProtobuf.Fault) -> (String, JSON)
    {
        var reader = reader
        var key = ""
        var found: JSON?
        while let (number, wire) = try reader.tag() {
            switch number {
            case 1: key = try reader.string(wire, name)
            case 2: found = try value(&reader, wire, type, name)
            default: try reader.skip(wire)
            }
        }
        return (key, found ?? StructuralDecoder.zero(of: type))
    }

    private mutating func value(
        _ reader: inout ProtobufReader, _ wire: ProtobufReader.Wire, _ type: SchemaType, _ name: String
    ) throws(KubeProtobuf.Fault) -> JSON {
        try count()
        switch type.shape {
        case .string(.plain): return .string(try reader.string(wire, name))
        case .string(.byte): return .string(encodeBase64(try reader.byteArray(wire, name)))
        case .integer(let bits):
            try reader.expect(wire, .varint, name)
            let value = try reader.varint()
            return .int(bits == 32 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value))
        case .boolean:
            try reader.expect(wire, .varint, name)
            return .bool(try reader.varint() != 0)
        case .number:
            try reader.expect(wire, .fixed64, name)
            return GoNumber.json(Double(bitPattern: try reader.fixed64()))
        default: break
        }
        var inner = try reader.nested(wire, name)
        switch type.shape {
        case .object: return try object(inner, type)
        case .list(let element, _):
            var list: [JSON] = []
            while let (number, wire) = try inner.tag() {
                if number == 1 { try elements(&inner, wire, element, name, &list) } else { try inner.skip(wire) }
            }
            return .array(list)
        case .string(let format): return try time(&inner, format, name)
        case .intOrString: return try intOrString(&inner)
        case .quantity:
            let text = try payload(&inner).map { String(decoding: $0, as: UTF8.self) } ?? ""
            return .string(text.isEmpty ? "0" : text)
        case .any: return try open(&inner, type)
        case .map, .integer, .number, .boolean: return .null
        }
    }

    private func time(_ reader: inout ProtobufReader, _ format: SchemaType.StringFormat, _ name: String)
        throws(KubeProtobuf.Fault) -> JSON
    {
        // An empty message is no time at all.
        if reader.isAtEnd, format != .duration { return .null }
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        while let (number, wire) = try reader.tag() {
            guard number <= 2 else {
                try reader.skip(wire)
                continue
            }
            try reader.expect(wire, .varint, number == 1 ? "Seconds" : "Nanos")
            let value = Int64(bitPattern: try reader.varint())
            if number == 1 { seconds = value } else { nanoseconds = Int64(Int32(truncatingIfNeeded: value)) }
        }
        if format == .duration { return .string(DurationText.text(Int(seconds))) }
        // The years 1 to 9999, which the text has room for.
        guard (-62_135_596_800...253_402_300_799).contains(seconds), (0..<1_000_000_000).contains(nanoseconds) else {
            throw KubeProtobuf.Fault(description: "proto: field \(name) is no time between the years 1 and 9999")
        }
        let time = Timestamp(seconds: Int(seconds), nanoseconds: Int(nanoseconds))
        return .string(format == .microTime ? time.microText : time.text)
    }

    private func intOrString(_ reader: inout ProtobufReader) throws(KubeProtobuf.Fault) -> JSON {
        var isString = false
        var number: Int64 = 0
        var text = ""
        while let (field, wire) = try reader.tag() {
            switch field {
            case 1:
                try reader.expect(wire, .varint, "Type")
                isString = try reader.varint() == 1
            case 2:
                try reader.expect(wire, .varint, "IntVal")
                number = Int64(Int32(truncatingIfNeeded: try reader.varint()))
            case 3: text = try reader.string(wire, "StrVal")
            default: try reader.skip(wire)
            }
        }
        return isString ? .string(text) : .int(number)
    }

    /// The bytes of field 1.
    private func payload(_ reader: inout ProtobufReader) throws(KubeProtobuf.Fault) -> [UInt8]? {
        var bytes: [UInt8]?
        while let (number, wire) = try reader.tag() {
            if number == 1 { bytes = try reader.byteArray(wire, "Raw") } else { try reader.skip(wire) }
        }
        return bytes
    }

    private mutating func open(_ reader: inout ProtobufReader, _ type: SchemaType) throws(KubeProtobuf.Fault) -> JSON {
        if let form = ProtobufSchemaForm(type), let schema = ProtobufSchemaForm.schema {
            return try schemaOr(form, &reader, schema)
        }
        guard let bytes = try payload(&reader), !bytes.isEmpty else { return .null }
        guard let json = try? JSON(parsing: bytes) else {
            throw KubeProtobuf.Fault(description: "proto: \(type.goName) holds what is no JSON")
        }
        return json
    }

    private mutating func schemaOr(
        _ form: ProtobufSchemaForm, _ reader: inout ProtobufReader, _ schema: SchemaType
    ) throws(KubeProtobuf.Fault) -> JSON {
        var single: JSON?
        var list: [JSON] = []
        var allows = false
        while let (number, wire) = try reader.tag() {
            switch (form, number) {
            case (.orBool, 1):
                try reader.expect(wire, .varint, "Allows")
                allows = try reader.varint() != 0
            case (.orBool, 2), (.orArray, 1), (.orStrings, 1):
                single = try object(reader.nested(wire, "Schema"), schema)
            case (.orArray, 2):
                list.append(try object(reader.nested(wire, "JSONSchemas"), schema))
                try count()
            case (.orStrings, 2):
                list.append(.string(try reader.string(wire, "Property")))
                try count()
            default: try reader.skip(wire)
            }
        }
        return single ?? (form == .orBool ? .bool(allows) : .array(list))
    }
}
