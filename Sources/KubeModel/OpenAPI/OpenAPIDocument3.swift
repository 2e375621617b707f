import JSON

/// Writes requests and types as an OpenAPI document of version 3.
struct OpenAPIDocument3 {
    /// `v1.36.0`.
    let release: String

    private static let patches = [
        "application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json",
        "application/strategic-merge-patch+json",
    ]

    func document(_ paths: [OpenAPIPath], _ definitions: [(name: String, schema: JSON)]) -> JSON {
        var components: JSON = [:]
        if !definitions.isEmpty {
            components["schemas"] = .object(JSONObject(definitions.map { ($0.name, $0.schema) }))
        }
        components["securitySchemes"] = [
            "BearerToken": [
                "type": "apiKey", "description": "A token, as `Bearer TOKEN`", "name": "authorization", "in": "header",
            ]
        ]
        return [
            "openapi": "3.0.0", "info": ["title": "Kubernetes", "version": .string(release)],
            "paths": .object(JSONObject(paths.map { ($0.path, item($0)) })), "components": components,
        ]
    }

    private func item(_ path: OpenAPIPath) -> JSON {
        let common = path.common
        let shared = Set(common)
        var item: JSON = [:]
        for operation in path.operations {
            item[operation.method] = self.operation(operation, path.tag, without: shared)
        }
        if !common.isEmpty { item["parameters"] = .array(common.map(parameter)) }
        return item
    }

    private func parameter(_ parameter: OpenAPIParameter) -> JSON {
        var json: JSON = [
            "name": .string(parameter.name), "in": parameter.isInPath ? "path" : "query",
            "description": .string(parameter.description),
        ]
        if parameter.isInPath { json["required"] = true }
        json["schema"] = ["type": .string(parameter.kind.rawValue), "uniqueItems": true]
        return json
    }

    private func operation(_ operation: OpenAPIOperation, _ tag: String, without shared: Set<OpenAPIParameter>) -> JSON
    {
        var json: JSON = [
            "tags": [.string(tag)], "description": .string(operation.summary), "operationId": .string(operation.id),
        ]
        let own = operation.parameters.filter { !shared.contains($0) }.sorted()
        if !own.isEmpty { json["parameters"] = .array(own.map(parameter)) }
        switch operation.body {
        case .none: break
        case .object(let name, let isRequired):
            json["requestBody"] = ["content": ["*/*": ["schema": reference(name)]]]
            if isRequired { json["requestBody", "required"] = true }
        case .patch(let isCustom):
            let schema: JSON = ["schema": reference(SchemaFile.meta + "Patch")]
            let types = isCustom ? OpenAPIDocument3.patches.dropLast() : OpenAPIDocument3.patches[...]
            json["requestBody"] = [
                "content": .object(JSONObject(types.map { ($0, schema) })), "required": true,
            ]
        }
        json["responses"] = responses(operation)
        if !operation.action.isEmpty { json["x-kubernetes-action"] = .string(operation.action) }
        if let kind = operation.kind { json["x-kubernetes-group-version-kind"] = OpenAPIDefinitions.json(kind) }
        return json
    }

    private func reference(_ name: String) -> JSON { OpenAPIDefinitions(version: .v3).reference(name) }

    private func responses(_ operation: OpenAPIOperation) -> JSON {
        let schema: JSON = ["schema": operation.answer.map(reference) ?? ["type": "string"]]
        let content = JSON.object(JSONObject(operation.produces.mediaTypes.map { ($0, schema) }))
        var responses: JSON = [:]
        for code in operation.codes {
            responses["\(code)"] = ["description": .string(code.meaning), "content": content]
        }
        responses["401"] = ["description": "Unauthorized"]
        return responses
    }
}

extension OpenAPIOperation.Produces {
    var mediaTypes: [String] {
        let object = ["application/json", "application/vnd.kubernetes.protobuf", "application/yaml"]
        return switch self {
        case .object: object
        case .list:
            object + ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"]
        case .text: ["text/plain"] + object
        case .json: ["application/json"]
        case .keys: ["application/jwk-set+json"]
        case .anything: ["*/*"]
        }
    }
}

extension Int {
    /// Of a status code.
    var meaning: String {
        switch self {
        case 201: "Created"
        case 202: "Accepted"
        default: "OK"
        }
    }
}
