import JSON

/// Writes requests and types as an OpenAPI document of version 2.
struct OpenAPIDocument2 {
    let release: String

    private static let patches = [
        "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
        "application/apply-patch+yaml",
    ]

    func document(_ paths: [OpenAPIPath], _ definitions: [(name: String, schema: JSON)]) -> JSON {
        [
            "swagger": "2.0", "info": ["title": "Kubernetes", "version": .string(release)],
            "paths": .object(JSONObject(paths.map { ($0.path, item($0)) })),
            "definitions": .object(JSONObject(definitions.map { ($0.name, $0.schema) })),
            "securityDefinitions": [
                "BearerToken": [
                    "type": "apiKey", "description": "A token, as `Bearer TOKEN`", "name": "authorization",
                    "in": "header",
                ]
            ],
            "security": [["BearerToken": []]],
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
            "uniqueItems": true, "type": .string(parameter.kind.rawValue),
            "description": .string(parameter.description), "name": .string(parameter.name),
            "in": parameter.isInPath ? "path" : "query",
        ]
        if parameter.isInPath { json["required"] = true }
        return json
    }

    private func operation(_ operation: OpenAPIOperation, _ tag: String, without shared: Set<OpenAPIParameter>) -> JSON
    {
        var json: JSON = [
            "description": .string(operation.summary), "consumes": consumes(operation),
            "produces": JSON(operation.produces.mediaTypes), "schemes": ["https"], "tags": [.string(tag)],
            "operationId": .string(operation.id),
        ]
        var parameters = operation.parameters.filter { !shared.contains($0) }.sorted()
            .map(parameter)
        switch operation.body {
        case .none: break
        case .object(let name, let isRequired):
            var body: JSON = ["name": "body", "in": "body", "schema": reference(name)]
            if isRequired { body["required"] = true }
            parameters.insert(body, at: 0)
        case .patch:
            parameters.insert(
                ["name": "body", "in": "body", "required": true, "schema": reference(SchemaFile.meta + "Patch")], at: 0)
        }
        if !parameters.isEmpty { json["parameters"] = .array(parameters) }
        var responses: JSON = [:]
        for code in operation.codes {
            responses["\(code)"] = [
                "description": .string(code.meaning),
                "schema": operation.answer.map(reference) ?? ["type": "string"],
            ]
        }
        responses["401"] = ["description": "Unauthorized"]
        json["responses"] = responses
        if !operation.action.isEmpty { json["x-kubernetes-action"] = .string(operation.action) }
        if let kind = operation.kind { json["x-kubernetes-group-version-kind"] = OpenAPIDefinitions.json(kind) }
        return json
    }

    private func consumes(_ operation: OpenAPIOperation) -> JSON {
        guard case .patch(let isCustom) = operation.body else { return ["*/*"] }
        return JSON(
            OpenAPIDocument2.patches.filter { !isCustom || $0 != "application/strategic-merge-patch+json" })
    }

    private func reference(_ name: String) -> JSON { OpenAPIDefinitions(version: .v2).reference(name) }
}
