import Crypto
import JSON
import KubeModel
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Wire

/// What the server tells of its API: discovery, old and aggregated, and OpenAPI. Documents are made when first asked for
/// and kept until the served resources change.
final class DiscoveryPages: Sendable {
    private struct Made: Sendable {
        var generation = -1
        var discovery = Discovery([])
        var documents = OpenAPIDocuments([], release: "")
    }

    private let table: ResourceTable
    private let reader: any ObjectReader
    private let serverAddress: String
    private let made = NIOLockedValueBox(Made())

    /// - Parameter serverAddress: `10.0.0.1:6443`, where clients of any network reach the server.
    init(_ table: ResourceTable, _ reader: any ObjectReader, serverAddress: String) {
        self.table = table
        self.reader = reader
        self.serverAddress = serverAddress
    }

    private var current: Made {
        let generation = table.generation
        return made.withLockedValue { made in
            if made.generation == generation { return made }
            let resources = table.all.map(\.resource)
            let (major, minor, patch) = APIServerConfiguration.kubernetesVersion
            made = Made(
                generation: generation, discovery: Discovery(resources),
                documents: OpenAPIDocuments(resources, release: "v\(major).\(minor).\(patch)", custom: customSchemas))
            return made
        }
    }

    private var customSchemas: [GroupVersionKind: OpenAPIDocuments.Custom] {
        var schemas: [GroupVersionKind: OpenAPIDocuments.Custom] = [:]
        let definitions = reader.objects(
            group: "apiextensions.k8s.io", resource: "customresourcedefinitions", namespace: "")
        for definition in definitions.map({ CustomResourceDefinition($0) }) {
            let kind = definition.acceptedNames.kind
            for version in definition.versions where version.isServed {
                let served = GroupVersion(definition.group, version.name)
                schemas[GroupVersionKind(served, kind)] = OpenAPIDocuments.Custom(
                    name: OpenAPIFragment.name(definition.group, version.name, kind),
                    schema: OpenAPIFragment.v3(definition, version: version.name),
                    older: OpenAPIFragment.v2(definition, version: version.name))
            }
        }
        return schemas
    }

    /// All paths, for `/`.
    var paths: [String] {
        let discovery = current.discovery
        let groups = discovery.groups.filter { !$0.isEmpty }.map { "/apis/\($0)" }
        let versions = discovery.groupVersions.map { $0.group.isEmpty ? "/api/\($0)" : "/apis/\($0)" }
        let fixed = [
            "/.well-known/openid-configuration", "/api", "/apis", "/flagz", "/healthz", "/livez", "/metrics",
            "/openapi/v2", "/openapi/v3", "/openid/v1/jwks", "/readyz", "/statusz", "/version",
        ]
        return (fixed + groups + versions).sorted()
    }

    /// Nil when there is no such page.
    func page(_ path: [String], _ http: HTTPRequest) throws(APIStatus) -> DocumentPage? {
        let made = current
        let discovery = made.discovery
        /// A page in the encoding asked for; the two that list groups aren't routed by media type in the original.
        func answer(_ tree: JSON, isRouted: Bool = true) throws(APIStatus) -> DocumentPage {
            let form = try AnswerForm.negotiate(
                http.headers["accept"], pretty: QueryOptions(http.query).wantsPretty(http), .page(isRouted: isRouted))
            return try .tree(tree, form)
        }
        switch (path.first, path.count) {
        case ("api", 1):
            if let page = aggregated(http, discovery, isCore: true) { return page }
            return try answer(discovery.coreVersions(serverAddress: serverAddress))
        case ("apis", 1):
            if let page = aggregated(http, discovery, isCore: false) { return page }
            return try answer(discovery.groupList, isRouted: false)
        case ("api", 2):
            guard let list = discovery.resourceList(GroupVersion("", path[1])) else { return nil }
            return try answer(list)
        case ("apis", 2):
            guard let group = discovery.group(path[1]) else { return nil }
            return try answer(group, isRouted: false)
        case ("apis", 3):
            guard let list = discovery.resourceList(GroupVersion(path[1], path[2])) else { return nil }
            return try answer(list)
        case ("openapi", 2) where path[1] == "v2":
            let accepted = MediaType.accepted(http.headers["accept"]).map(\.type)
            let messages = OpenAPIDocuments.protobufMediaTypes
            if let wanted = accepted.first, messages.contains(wanted), let type = messages.last {
                return tagged(http, type, made.documents.version2Protobuf(), .asked)
            }
            return tagged(http, "application/json", made.documents.version2(), .asked)
        case ("openapi", 2) where path[1] == "v3":
            return tagged(http, "application/json", made.documents.index.bytes(), .asked)
        case ("openapi", 3...) where path[1] == "v3":
            return version3(path.dropFirst(2).joined(separator: "/"), http, made.documents)
        default: return nil
        }
    }

    /// Under the hash that the index gives it, a document never changes; whoever asks with another is sent there.
    private func version3(_ name: String, _ http: HTTPRequest, _ documents: OpenAPIDocuments) -> DocumentPage? {
        guard let document = documents.version3(name) else { return nil }
        guard let asked = http.query.first(where: { $0.name == "hash" })?.value, !asked.isEmpty else {
            return tagged(http, "application/json", document, .asked)
        }
        let place = documents.index["paths"][name]["serverRelativeURL"].string ?? ""
        guard place.hasSuffix("?hash=\(asked)") else {
            return DocumentPage(
                code: 301,
                headers: HTTPHeaders([
                    ("Location", place), ("Cache-Control", Freshness.asked.rawValue), ("Vary", "Accept"),
                ]), body: ByteBuffer())
        }
        return tagged(http, "application/json", document, .lasting)
    }

    /// What clients may do with a page that they keep.
    private enum Freshness: String {
        /// Ask each time whether it is still the same.
        case asked = "no-cache, private"
        case shared = "public"
        /// Keep it for good.
        case lasting = "public, immutable"
    }

    /// The document of all groups at once, for clients that ask for it.
    private func aggregated(_ http: HTTPRequest, _ discovery: Discovery, isCore: Bool) -> DocumentPage? {
        for type in MediaType.accepted(http.headers["accept"]) where type.type == "application/json" {
            guard let shape = type.parameters["as"] else { return nil }
            guard shape == "APIGroupDiscoveryList", type.parameters["g"] == "apidiscovery.k8s.io",
                let version = type.parameters["v"], ["v2", "v2beta1"].contains(version)
            else { continue }
            return tagged(
                http, "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList",
                discovery.aggregated(isCore: isCore, version: version).bytes(), .shared)
        }
        return nil
    }

    /// The bytes with their hash as entity tag; 304 for a client that has them.
    private func tagged(_ http: HTTPRequest, _ type: String, _ bytes: [UInt8], _ freshness: Freshness) -> DocumentPage {
        let tag =
            "\""
            + SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
            .joined() + "\""
        let headers = HTTPHeaders([
            ("Content-Type", type), ("ETag", tag), ("Cache-Control", freshness.rawValue), ("Vary", "Accept"),
        ])
        if http.headers[canonicalForm: "if-none-match"].contains(where: { $0 == tag }) {
            return DocumentPage(code: 304, headers: headers, body: ByteBuffer())
        }
        return DocumentPage(headers: headers, body: ByteBuffer(bytes: bytes))
    }
}
