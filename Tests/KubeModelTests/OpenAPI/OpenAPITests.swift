import JSON
import Testing

@testable import KubeModel

@Suite("OpenAPI")
struct OpenAPITests {
    static let documents = OpenAPIDocuments(Schema.builtIn.resources, release: "v1.36.0")

    static func name(_ groupVersion: GroupVersion) -> String {
        groupVersion.group.isEmpty
            ? "api__\(groupVersion.version)" : "apis__\(groupVersion.group)__\(groupVersion.version)"
    }

    /// Without prose, CBOR (which is an alpha feature), the order of what has none, and the choices of texts, which
    /// servers tell and the published documents don't.
    static func facts(_ json: JSON) -> JSON {
        switch json {
        case .array(let elements): return .array(elements.map(facts))
        case .object(let members):
            var out = JSONObject()
            for (name, value) in members {
                if name == "description", value.string != nil { continue }
                if name == "enum", value.array != nil { continue }
                if name.hasPrefix("application/") && name.contains("cbor") { continue }
                var value = facts(value)
                if name == "required", let list = value.array { value = JSON(list.compactMap(\.string).sorted()) }
                out[name] = value
            }
            // A reference with prose beside it has to stand alone here; ours often has no prose.
            if out.count == 1, let all = out["allOf"]?.array, all.count == 1 { return all[0] }
            return .object(out)
        default: return json
        }
    }

    @Test("what a text may be is told, as servers of 1.36 tell it")
    func choices() {
        let schemas = Self.documents.document3(GroupVersion("", "v1"))["components", "schemas"]
        func property(_ kind: String, _ name: String) -> JSON {
            schemas["io.k8s.api.core.v1.\(kind)"]["properties", name]
        }
        #expect(property("PodSpec", "restartPolicy")["enum"] == ["Always", "Never", "OnFailure"])
        #expect(property("ServicePort", "protocol")["enum"] == ["SCTP", "TCP", "UDP"])
        #expect(property("ServiceSpec", "ipFamilies")["items", "enum"] == ["", "IPv4", "IPv6"])
        #expect(property("PodSpec", "nodeName")["enum"] == .null)
        let network = Self.documents.document3(GroupVersion("networking.k8s.io", "v1"))["components", "schemas"]
        #expect(
            network["io.k8s.api.networking.v1.HTTPIngressPath"]["properties", "pathType", "enum"] == [
                "Exact", "ImplementationSpecific", "Prefix",
            ])
    }

    @Test("of version 3 has every published definition", .enabled(if: Reference.isThere))
    func definitions() throws {
        for groupVersion in Schema.builtIn.groupVersions {
            let published = try Reference.json("openapi-v3/\(Self.name(groupVersion))_openapi.json")
            let theirs = Self.facts(published["components", "schemas"])
            let ours = Self.facts(Self.documents.document3(groupVersion)["components", "schemas"])
            #expect(
                ours.object.map { Set($0.names) } == theirs.object.map { Set($0.names) }, "\(groupVersion)")
            for (name, schema) in theirs.object ?? JSONObject() {
                var schema = schema
                // The list of bytes that this text stands for.
                if name.hasSuffix("APIServiceSpec") {
                    schema["properties", "caBundle"].remove("x-kubernetes-list-type")
                }
                let difference = firstDifference(ours[name].sorted().pretty(), schema.sorted().pretty())
                #expect(difference == nil, "\(name)")
            }
        }
    }

    @Test("of version 3 has every published request", .enabled(if: Reference.isThere))
    func requests() throws {
        for groupVersion in Schema.builtIn.groupVersions {
            let published = try Reference.json("openapi-v3/\(Self.name(groupVersion))_openapi.json")
            let theirs = Self.facts(published["paths"])
            let ours = Self.facts(Self.documents.document3(groupVersion)["paths"])
            #expect(Set(ours.object?.names ?? []) == Set(theirs.object?.names ?? []), "\(groupVersion)")
            for (path, item) in theirs.object ?? JSONObject() {
                let difference = firstDifference(ours[path].sorted().pretty(), item.sorted().pretty())
                #expect(difference == nil, "\(path)")
            }
        }
    }

    @Test("describes types and fields that there are, in lines that a terminal shows")
    func descriptions() {
        var subjects: Set<String> = ["*"]
        for name in Schema.builtIn.typeNames {
            let short = name.split(separator: ".").suffix(3).joined(separator: ".")
            subjects.insert(short)
            for field in Schema.builtIn.type(name)?.fields ?? [] {
                subjects.formUnion(["\(short).\(field.name)", "*.\(field.name)"])
            }
        }
        let stray = SchemaDescriptions.builtIn.subjects.filter { !subjects.contains($0) }
        #expect(stray.isEmpty)
        for kind in ["Pod", "Service", "Namespace", "Node", "ConfigMap", "Secret"] {
            let type = Schema.builtIn.type("io.k8s.api.core.v1.\(kind)")
            for field in type?.fields ?? [] {
                #expect(
                    SchemaDescriptions.builtIn.field(field.name, of: type?.name ?? "") != nil, "\(kind).\(field.name)")
            }
        }
    }

    @Test("explains a pod's fields in our own words")
    func explained() throws {
        let document = try JSON(parsing: try #require(Self.documents.version3("api/v1")))
        let schemas = document["components", "schemas"]
        let pod = schemas["io.k8s.api.core.v1.PodSpec"]
        #expect(pod["description"].string?.hasPrefix("What is wanted of a pod") == true)
        #expect(pod["properties", "containers", "description"].string?.hasPrefix("The containers") == true)
        #expect(pod["properties", "containers", "x-kubernetes-list-map-keys"] == ["name"])
        let list = document["paths", "/api/v1/namespaces/{namespace}/pods", "get"]
        #expect(list["x-kubernetes-group-version-kind"] == ["group": "", "version": "v1", "kind": "Pod"])
        let patch = document["paths", "/api/v1/namespaces/{namespace}/pods/{name}", "patch"]
        #expect(
            patch["parameters"].array?.map { $0["name"] } == ["dryRun", "fieldManager", "fieldValidation", "force"])
    }

    @Test("of version 2 is one document of everything, whose references lead somewhere")
    func version2() throws {
        let document = try JSON(parsing: Self.documents.version2())
        let definitions = document["definitions"].object ?? JSONObject()
        #expect(definitions.count > 700 && document["swagger"] == "2.0")
        func references(_ json: JSON) -> [String] {
            switch json {
            case .array(let elements): elements.flatMap(references)
            case .object(let members):
                members.flatMap { name, value in
                    // A schema's own schema has a field of that name.
                    if name == "$ref", let target = value.string { return [target] }
                    return references(value)
                }
            default: []
            }
        }
        for reference in Set(references(document)) {
            #expect(reference.hasPrefix("#/definitions/"))
            #expect(definitions[String(reference.dropFirst(14))] != nil, "\(reference)")
        }
        let post = document["paths", "/apis/apps/v1/namespaces/{namespace}/deployments", "post"]
        #expect(post["parameters"][0]["schema", "$ref"] == "#/definitions/io.k8s.api.apps.v1.Deployment")
        #expect(definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"]?["type"] == "string")
    }

    @Test("of version 2 has a protobuf form with the same definitions, by the published numbers")
    func protobuf() throws {
        let schema: JSON = [
            "swagger": "2.0", "info": ["title": "T", "version": "v"],
            "definitions": [
                "a.B": [
                    "type": "object", "properties": ["c": ["$ref": "#/definitions/D", "description": "x"]],
                    "x-kubernetes-map-type": "atomic",
                ]
            ],
        ]
        // swagger; info; no paths; one definition: its name, then type, properties and the extension as YAML.
        let type = "b201080a066f626a656374"
        let property = "0a0163" + "1214" + "0a0f" + Array("#/definitions/D".utf8).hexText + "220178"
        let bytes = OpenAPIProtobuf.encode(schema).hexText
        #expect(bytes.hasPrefix("0a03322e30" + "12060a0154120176" + "4200" + "4a"))
        #expect(bytes.contains(type) && bytes.contains(property))
        #expect(bytes.contains("fa01" + "24" + "0a15" + Array("x-kubernetes-map-type".utf8).hexText))
        #expect(bytes.contains(Array("\"atomic\"\n".utf8).hexText))
        #expect(Self.documents.version2Protobuf().count > 500_000)
    }

    @Test("lists documents with hashes that change with what is served")
    func index() throws {
        let paths = Self.documents.index["paths"]
        let url = try #require(paths["apis/apps/v1"]["serverRelativeURL"].string)
        #expect(url.wholeMatch(of: /\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{32}/) != nil)
        let groups = Set(Schema.builtIn.groupVersions.map(\.group)).subtracting([""])
        #expect(paths.object?.count == Schema.builtIn.groupVersions.count + groups.count + 5)
        #expect(Self.documents.version3("apis/nothing/v1") == nil && Self.documents.version3("") == nil)
        let fewer = Schema.builtIn.resources.filter { $0.plural != "deployments" }
        let others = OpenAPIDocuments(fewer, release: "v1.36.0").index["paths"]
        #expect(others["apis/apps/v1"] != paths["apis/apps/v1"] && others["api/v1"] == paths["api/v1"])
    }

    @Test(
        "tells of paths that belong to no group-version",
        arguments: [
            ("version", "getCodeVersion", "version", "application/json", "io.k8s.apimachinery.pkg.version.Info"),
            (
                ".well-known/openid-configuration", "getServiceAccountIssuerOpenIDConfiguration", "WellKnown",
                "application/json", ""
            ),
            ("openid/v1/jwks", "getServiceAccountIssuerOpenIDKeyset", "openid", "application/jwk-set+json", ""),
            (
                "api", "getCoreAPIVersions", "core", "application/yaml",
                "io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions"
            ),
            ("apis", "getAPIVersions", "apis", "application/yaml", "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroupList"),
            (
                "apis/rbac.authorization.k8s.io", "getRbacAuthorizationAPIGroup", "rbacAuthorization",
                "application/yaml", "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup"
            ),
        ])
    func general(_ path: String, _ id: String, _ tag: String, _ type: String, _ schema: String) throws {
        let document = try JSON(parsing: try #require(Self.documents.version3(path)))
        let get = document["paths", "/\(path)/"]["get"]
        #expect(get["operationId"].string == id && get["tags"].strings == [tag], "\(get.text)")
        let answer = get["responses", "200", "content"][type]["schema"]
        if schema.isEmpty {
            #expect(answer == ["type": "string"])
        } else {
            #expect(answer["$ref"].string == "#/components/schemas/\(schema)")
            #expect(!document["components", "schemas"][schema].isNull)
        }
        #expect(!Self.documents.index["paths"][path].isNull)
    }

    @Test("lets custom resources join, with their own schema and without strategic merge")
    func custom() throws {
        let resource = DiscoveryTests.custom("example.com", "v1")
        var served = resource
        served.verbs = ["get", "list", "patch", "create", "watch"]
        let kind = GroupVersionKind(GroupVersion("example.com", "v1"), "Widget")
        let schema: JSON = ["type": "object", "properties": ["spec": ["type": "object"]]]
        let documents = OpenAPIDocuments(
            [served], release: "v1.36.0",
            custom: [kind: .init(name: "com.example.v1.Widget", schema: schema, older: ["type": "object"])])
        let document = try JSON(parsing: try #require(documents.version3("apis/example.com/v1")))
        let widget = document["components", "schemas", "com.example.v1.Widget"]
        #expect(widget["properties"].object?.names.sorted() == ["apiVersion", "kind", "metadata", "spec"])
        #expect(widget["x-kubernetes-group-version-kind"][0]["kind"] == "Widget")
        let item = document["paths", "/apis/example.com/v1/namespaces/{namespace}/widgets/{name}"]
        let types = item["patch", "requestBody", "content"].object?.names ?? []
        #expect(types.contains("application/apply-patch+yaml"))
        #expect(!types.contains("application/strategic-merge-patch+json"))
        #expect(item["patch", "operationId"] == "patchExampleComV1NamespacedWidget")
        let list = document["components", "schemas", "com.example.v1.WidgetList", "properties", "items", "items"]
        #expect(list["$ref"] == "#/components/schemas/com.example.v1.Widget")
        let older = documents.document2()["definitions", "com.example.v1.Widget"]
        #expect(older.object?.names == ["type", "x-kubernetes-group-version-kind"], "kubectl takes any field")
    }
}

extension JSON {
    /// Members in the order of their names, all the way down.
    func sorted() -> JSON {
        switch self {
        case .array(let elements): .array(elements.map { $0.sorted() })
        case .object(let members):
            .object(JSONObject(members.sortedByKey().map { ($0.key, $0.value.sorted()) }))
        default: self
        }
    }
}
