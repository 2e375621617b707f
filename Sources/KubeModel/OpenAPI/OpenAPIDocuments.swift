import JSON
import Synchronization

/// The OpenAPI documents of what a server serves now. Made when they are first asked for, and kept as bytes; a server
/// whose resources change makes new `OpenAPIDocuments`.
package final class OpenAPIDocuments: Sendable {
    /// A custom resource's definitions in both versions of OpenAPI, and its own name among them.
    package struct Custom: Sendable {
        /// `com.example.v1.Widget`.
        package let name: String
        /// The schema, as version 3 says it, and as version 2 does.
        package let schema: JSON, older: JSON

        package init(name: String, schema: JSON, older: JSON) {
            self.name = name
            self.schema = schema
            self.older = older
        }
    }

    private let release: String
    private let resources: [GroupVersion: [APIResource]]
    private let discovery: Discovery
    private let custom: [GroupVersionKind: Custom]
    private let made = Mutex<[String: [UInt8]]>([:])

    /// - Parameters:
    ///   - resources: what is served.
    ///   - release: of the server, `v1.36.0`.
    ///   - custom: definitions of the custom resources among them.
    package init(_ resources: [APIResource], release: String, custom: [GroupVersionKind: Custom] = [:]) {
        self.release = release
        self.resources = Dictionary(grouping: resources, by: \.groupVersion)
        self.custom = custom
        discovery = Discovery(resources)
    }

    /// `/openapi/v3`: where each document is, with the hash of what it is made of.
    package var index: JSON {
        func entry(_ path: String, _ hash: String) -> (String, JSON) {
            (path, ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(hash)")])
        }
        var paths = discovery.groupVersions.map { entry(OpenAPIDocuments.path($0), hash($0)) }
        var mixed = OpenAPIDocuments.builtInHash
        mixed.mix(release.utf8)
        paths += general.map { entry($0.path, mixed.text) }
        return ["paths": .object(JSONObject(paths.sorted { $0.0 < $1.0 }))]
    }

    /// Groups of custom resources have no such document.
    private var general: [(path: String, content: OpenAPIPath)] {
        let builtIn = Set(Schema.builtIn.groupVersions.map(\.group))
        return OpenAPIGeneralPaths.all(groups: discovery.groups.filter(builtIn.contains))
    }

    /// `apis/apps/v1`.
    private static func path(_ groupVersion: GroupVersion) -> String {
        groupVersion.group.isEmpty ? "api/\(groupVersion.version)" : "apis/\(groupVersion)"
    }

    /// `/openapi/v3/PATH`, as JSON; nil when nothing is served there.
    package func version3(_ path: String) -> [UInt8]? {
        guard let groupVersion = discovery.groupVersions.first(where: { OpenAPIDocuments.path($0) == path }) else {
            guard let content = general.first(where: { $0.path == path })?.content else { return nil }
            return kept(path) { self.document3(content).bytes() }
        }
        return kept(path) { self.document3(groupVersion).bytes() }
    }

    /// `/openapi/v2`, as JSON.
    package func version2() -> [UInt8] { kept("v2") { self.document2().bytes() } }

    /// `/openapi/v2`, as the protobuf message that kubectl asks for; the answer's media type is the last of
    /// `protobufMediaTypes`.
    package func version2Protobuf() -> [UInt8] { kept("v2 protobuf") { OpenAPIProtobuf.encode(self.document2()) } }

    package static var protobufMediaTypes: [String] { OpenAPIProtobuf.mediaTypes }

    /// Hexadecimal digits that change when the document of the group-version does.
    package func hash(_ groupVersion: GroupVersion) -> String {
        var hash = OpenAPIDocuments.builtInHash
        hash.mix(release.utf8)
        hash.mix(groupVersion.description.utf8)
        for resource in resources[groupVersion] ?? [] {
            hash.mix(resource.plural.utf8)
            for subresource in resource.subresources { hash.mix(subresource.name.utf8) }
            if let custom = custom[GroupVersionKind(groupVersion, resource.kind)] {
                hash.mix(custom.name.utf8)
                hash.mix(custom.schema.bytes())
            }
        }
        return hash.text
    }

    private static let builtInHash: OpenAPIHash = {
        var hash = OpenAPIHash()
        hash.mix(Schema.builtInFile)
        hash.mix(SchemaDescriptions.builtInText)
        return hash
    }()

    private func kept(_ key: String, _ make: () -> [UInt8]) -> [UInt8] {
        if let bytes = made.withLock({ $0[key] }) { return bytes }
        // Two that ask at once both make it; it is the same.
        let bytes = make()
        made.withLock { $0[key] = bytes }
        return bytes
    }

    private func name(_ resource: APIResource) -> String {
        custom[GroupVersionKind(resource.groupVersion, resource.kind)]?.name ?? resource.type.name
    }

    private func paths(_ groupVersion: GroupVersion) -> [OpenAPIPath] {
        OpenAPIPaths(groupVersion: groupVersion, resources: resources[groupVersion] ?? [], name: { self.name($0) })
            .all()
    }

    func document3(_ groupVersion: GroupVersion) -> JSON {
        let definitions = OpenAPIDefinitions(version: .v3)
        var schemas = types([groupVersion]).map { ($0.name, definitions.definition($0, in: groupVersion)) }
        schemas += customSchemas(groupVersion, definitions)
        return OpenAPIDocument3(release: release).document(paths(groupVersion), schemas.sorted { $0.0 < $1.0 })
    }

    private func document3(_ path: OpenAPIPath) -> JSON {
        let definitions = OpenAPIDefinitions(version: .v3)
        let answers = path.operations.compactMap(\.answer).compactMap { Schema.builtIn.type($0) }
        let schemas = OpenAPIDefinitions.closure(answers).map { ($0.name, definitions.definition($0)) }
        return OpenAPIDocument3(release: release).document([path], schemas.sorted { $0.0 < $1.0 })
    }

    func document2() -> JSON {
        let definitions = OpenAPIDefinitions(version: .v2)
        var schemas = types(discovery.groupVersions).map { ($0.name, definitions.definition($0)) }
        var paths: [OpenAPIPath] = []
        for groupVersion in discovery.groupVersions {
            schemas += customSchemas(groupVersion, definitions)
            paths += self.paths(groupVersion)
        }
        return OpenAPIDocument2(release: release).document(
            paths.sorted { $0.path < $1.path }, schemas.sorted { $0.0 < $1.0 })
    }

    /// The built-in types that requests of these group-versions mention.
    private func types(_ groupVersions: [GroupVersion]) -> [SchemaType] {
        let schema = Schema.builtIn
        var names: Set<String> = [SchemaFile.meta + "APIResourceList"]
        for operation in groupVersions.flatMap(paths).flatMap(\.operations) {
            if let answer = operation.answer { names.insert(answer) }
            switch operation.body {
            case .none: break
            case .object(let name, _): names.insert(name)
            case .patch: names.insert(SchemaFile.meta + "Patch")
            }
        }
        if !custom.isEmpty { names.formUnion(["ObjectMeta", "ListMeta"].map { SchemaFile.meta + $0 }) }
        return OpenAPIDefinitions.closure(names.sorted().compactMap { schema.type($0) })
    }

    private func metadata(_ definitions: OpenAPIDefinitions) -> JSON {
        let reference = definitions.reference(SchemaFile.meta + "ObjectMeta")
        guard let text = SchemaDescriptions.builtIn.field("metadata", of: "") else { return reference }
        var field: JSON = definitions.version == .v3 ? ["allOf": [reference]] : reference
        field["description"] = .string(text)
        return field
    }

    /// A custom resource's object and its list.
    private func customSchemas(_ groupVersion: GroupVersion, _ definitions: OpenAPIDefinitions) -> [(String, JSON)] {
        (resources[groupVersion] ?? []).flatMap { resource -> [(String, JSON)] in
            guard let own = custom[GroupVersionKind(groupVersion, resource.kind)] else { return [] }
            func marked(_ schema: JSON, _ kind: String) -> JSON {
                var schema = schema
                // With any field at all kubectl would refuse all others of a schema that keeps what it doesn't know.
                let isBare = definitions.version == .v2 && schema["properties"].isNull
                for name in isBare ? [] : ["apiVersion", "kind"] {
                    schema["properties", name] = ["type": "string"]
                    if let text = SchemaDescriptions.builtIn.field(name, of: "") {
                        schema["properties", name]["description"] = .string(text)
                    }
                }
                schema["x-kubernetes-group-version-kind"] = [
                    OpenAPIDefinitions.json(GroupVersionKind(groupVersion, kind))
                ]
                return schema
            }
            var object = definitions.version == .v2 ? own.older : own.schema
            if definitions.version == .v3 || !object["properties"].isNull {
                object["properties", "metadata"] = metadata(definitions)
            }
            let list: JSON = [
                "type": "object", "required": ["items"],
                "properties": [
                    "items": ["type": "array", "items": definitions.reference(own.name)],
                    "metadata": definitions.reference(SchemaFile.meta + "ListMeta"),
                ],
            ]
            return [
                (own.name, marked(object, resource.kind)), (own.name + "List", marked(list, resource.kind + "List")),
            ]
        }
    }
}

/// FNV-1a in 128 bits: tells contents apart; nothing that an enemy could profit from rests on it.
struct OpenAPIHash {
    private var value: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D

    mutating func mix(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013B }
        // So that two texts aren't the same as one.
        value = (value ^ 0x100) &* 0x0000_0000_0100_0000_0000_0000_0000_013B
    }

    var text: String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
