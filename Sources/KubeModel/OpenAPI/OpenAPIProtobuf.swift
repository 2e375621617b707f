import JSON
import Protobuf

/// A document of version 2 as the protobuf message that kubectl asks for (`openapi.v2.Document` of gnostic-models).
enum OpenAPIProtobuf {
    /// What clients name in `Accept`, in the old spelling and in the new one, which answers carry.
    static let mediaTypes = [
        "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
        "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
    ]

    static func encode(_ document: JSON) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.string(1, document["swagger"].string ?? "")
        writer.message(2) { info in
            info.text(1, document["info", "title"])
            info.text(2, document["info", "version"])
        }
        writer.message(8) { paths in
            paths.named(2, document["paths"]) { $0.pathItem($1) }
        }
        writer.message(9) { definitions in
            definitions.named(1, document["definitions"]) { $0.schema($1) }
        }
        for requirement in document["security"].array ?? [] {
            writer.message(12) { security in
                security.named(1, requirement) { list, scopes in list.texts(1, scopes) }
            }
        }
        writer.message(13) { definitions in
            definitions.named(1, document["securityDefinitions"]) { item, security in
                item.message(2) { key in
                    for (number, name) in [(1, "type"), (2, "name"), (3, "in"), (4, "description")] {
                        key.text(number, security[name])
                    }
                }
            }
        }
        return writer.out
    }
}

/// The messages' fields, by the published numbers.
extension ProtobufWriter {
    fileprivate mutating func text(_ number: Int, _ value: JSON) {
        if let text = value.string { string(number, text) }
    }

    fileprivate mutating func texts(_ number: Int, _ list: JSON) { for text in list.strings { string(number, text) } }

    fileprivate mutating func flag(_ number: Int, _ value: JSON) {
        if value.bool == true { integer(number, 1) }
    }

    /// Each member as a message of its name and its value.
    fileprivate mutating func named(
        _ number: Int, _ members: JSON, _ write: (inout ProtobufWriter, JSON) -> Void
    ) {
        for (name, value) in members.object ?? JSONObject() {
            message(number) { entry in
                entry.string(1, name)
                entry.message(2) { write(&$0, value) }
            }
        }
    }

    /// Any value, as YAML; JSON is some.
    fileprivate mutating func anything(_ value: JSON) { string(2, value.text + "\n") }

    /// The members that the specification doesn't know.
    fileprivate mutating func extensions(_ number: Int, _ object: JSON) {
        let members = (object.object ?? JSONObject()).filter { $0.key.hasPrefix("x-") }
        named(number, .object(JSONObject(members.map { ($0.key, $0.value) }))) { $0.anything($1) }
    }

    fileprivate mutating func pathItem(_ item: JSON) {
        for (number, method) in [
            (2, "get"), (3, "put"), (4, "post"), (5, "delete"), (6, "options"), (7, "head"), (8, "patch"),
        ] where !item[method].isNull {
            message(number) { $0.operation(item[method]) }
        }
        for parameter in item["parameters"].array ?? [] { message(9) { $0.parameter(parameter) } }
    }

    private mutating func operation(_ operation: JSON) {
        texts(1, operation["tags"])
        text(3, operation["description"])
        text(5, operation["operationId"])
        texts(6, operation["produces"])
        texts(7, operation["consumes"])
        for parameter in operation["parameters"].array ?? [] { message(8) { $0.parameter(parameter) } }
        message(9) { responses in
            responses.named(1, operation["responses"]) { value, response in
                value.message(1) { answer in
                    answer.text(1, response["description"])
                    if !response["schema"].isNull {
                        answer.message(2) { item in item.message(1) { $0.schema(response["schema"]) } }
                    }
                }
            }
        }
        texts(10, operation["schemes"])
        extensions(13, operation)
    }

    private mutating func parameter(_ parameter: JSON) {
        message(1) { item in
            if parameter["in"] == "body" {
                item.message(1) { body in
                    body.text(1, parameter["description"])
                    body.text(2, parameter["name"])
                    body.text(3, parameter["in"])
                    body.flag(4, parameter["required"])
                    body.message(5) { $0.schema(parameter["schema"]) }
                }
            } else {
                let isInPath = parameter["in"] == "path"
                item.message(2) { other in
                    other.message(isInPath ? 4 : 3) { $0.plain(parameter, isInPath: isInPath) }
                }
            }
        }
    }

    /// A parameter in the path or in the query; they differ in their numbers from the fifth on.
    private mutating func plain(_ parameter: JSON, isInPath: Bool) {
        flag(1, parameter["required"])
        text(2, parameter["in"])
        text(3, parameter["description"])
        text(4, parameter["name"])
        text(isInPath ? 5 : 6, parameter["type"])
        flag(isInPath ? 19 : 20, parameter["uniqueItems"])
    }

    fileprivate mutating func schema(_ schema: JSON) {
        text(1, schema["$ref"])
        text(2, schema["format"])
        text(4, schema["description"])
        if !schema["default"].isNull { message(5) { $0.anything(schema["default"]) } }
        texts(19, schema["required"])
        for value in schema["enum"].array ?? [] { message(20) { $0.anything(value) } }
        switch schema["additionalProperties"] {
        case .bool(let allowed): message(21) { $0.integer(2, allowed ? 1 : 0) }
        case .object: message(21) { item in item.message(1) { $0.schema(schema["additionalProperties"]) } }
        default: break
        }
        if !schema["type"].isNull { message(22) { $0.text(1, schema["type"]) } }
        if !schema["items"].isNull { message(23) { item in item.message(1) { $0.schema(schema["items"]) } } }
        if schema["properties"].object?.isEmpty == false {
            message(25) { properties in properties.named(1, schema["properties"]) { $0.schema($1) } }
        }
        extensions(31, schema)
    }
}
