import JSON
import KubeModel
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Wire

/// An answer that is no object: a document made once, or a line of text.
struct DocumentPage: Sendable {
    var code = 200
    var headers: HTTPHeaders
    var body: ByteBuffer

    static func text(_ text: String, code: Int = 200) -> DocumentPage {
        DocumentPage(
            code: code,
            headers: HTTPHeaders([("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]
            ),
            body: ByteBuffer(string: text))
    }

    static func json(_ tree: JSON, isPretty: Bool) -> DocumentPage {
        DocumentPage(
            headers: HTTPHeaders([("Content-Type", "application/json"), ("Cache-Control", "no-cache, private")]),
            body: ByteBuffer(
                bytes: isPretty ? Array(tree.pretty(indent: "  ").utf8) : tree.bytes() + [UInt8(ascii: "\n")]))
    }

    /// A page of discovery, whose kind is one of meta.k8s.io.
    static func tree(_ tree: JSON, _ form: AnswerForm) throws(APIStatus) -> DocumentPage {
        var page = json(tree, isPretty: form.isPretty)
        switch form.encoding {
        case .json: return page
        case .yaml: page.body = ByteBuffer(bytes: YAML.write(tree))
        case .protobuf: page.body = ByteBuffer(bytes: try ProtobufAnswer.bytes(tree))
        }
        page.headers.replaceOrAdd(name: "Content-Type", value: form.contentType)
        return page
    }
}

/// Paths that name no resource: discovery, schemas, health, version, metrics.
struct Documents: Sendable {
    let discovery: DiscoveryPages
    /// Nil when the issuer's name allows no discovery.
    let issuer: IssuerDiscovery?
    let pages: ServerPages

    /// Nil when there is no such page.
    func page(_ http: HTTPRequest, _ query: QueryOptions, health: Health, metrics: RequestMetrics)
        async throws(APIStatus)
        -> DocumentPage?
    {
        let path = http.path.split(separator: "/").map(String.init)
        let isRead = http.method == .GET || http.method == .HEAD
        switch path.first {
        case "healthz", "livez", "readyz": return await healthPage(http.path, query, health)
        case "statusz", "flagz": return try pages.page(path, http)
        case "metrics": return await metricsPage(http, path, health, metrics)
        // Routes of the original that have but this one method.
        case "version" where path.count == 1:
            guard http.method == .GET else { throw .noSuchMethod }
            return .json(version, isPretty: true)
        case "api", "apis":
            guard let page = try discovery.page(path, http) else { return nil }
            guard http.method == .GET else { throw .noSuchMethod }
            return page
        case _ where !isRead: return nil
        case nil: return .json(["paths": .init(discovery.paths)], isPretty: true)
        case ".well-known", "openid": return issuerPage(http.path)
        default: return try discovery.page(path, http)
        }
    }

    private func metricsPage(_ http: HTTPRequest, _ path: [String], _ health: Health, _ metrics: RequestMetrics) async
        -> DocumentPage?
    {
        var page: DocumentPage
        switch path.dropFirst().joined(separator: "/") {
        case "" where http.method == .DELETE:
            metrics.reset()
            page = .text("metrics reset\n")
            page.headers.remove(name: "X-Content-Type-Options")
            return page
        case "": page = .text(metrics.text)
        case "slis": page = .text(RequestMetrics.text(await health.outcomes))
        default: return nil
        }
        page.headers = HTTPHeaders([("Content-Type", "text/plain; version=0.0.4; charset=utf-8")])
        return page
    }

    private func issuerPage(_ path: String) -> DocumentPage? {
        guard let issuer else { return nil }
        func page(_ type: String, _ bytes: [UInt8]) -> DocumentPage {
            DocumentPage(
                headers: HTTPHeaders([
                    ("Content-Type", type), ("Cache-Control", "public, max-age=\(IssuerDiscovery.maximumAgeSeconds)"),
                ]), body: ByteBuffer(bytes: bytes))
        }
        switch path {
        case IssuerDiscovery.configurationPath: return page(IssuerDiscovery.configurationType, issuer.configuration)
        case IssuerDiscovery.keysPath: return page(IssuerDiscovery.keysType, issuer.keys)
        default: return nil
        }
    }

    private func healthPage(_ path: String, _ query: QueryOptions, _ health: Health) async -> DocumentPage? {
        let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
        guard let probe = Health.Probe(rawValue: parts[0]), !path.hasSuffix("/") else { return nil }
        let report = await health.report(
            probe, only: parts.count == 2 ? parts[1] : nil, excluding: query.all("exclude"),
            verbose: query.first("verbose") != nil)
        return report.map { .text($0.text, code: $0.code) }
    }

    /// Named as the release whose API this is; `+hako` says whose program it is.
    private var version: JSON {
        let (major, minor, patch) = APIServerConfiguration.kubernetesVersion
        return [
            "major": .string("\(major)"), "minor": .string("\(minor)"),
            "emulationMajor": .string("\(major)"), "emulationMinor": .string("\(minor)"),
            "minCompatibilityMajor": .string("\(major)"), "minCompatibilityMinor": .string("\(minor - 1)"),
            "gitVersion": .string("v\(major).\(minor).\(patch)+hako"), "gitCommit": "", "gitTreeState": "clean",
            "buildDate": "", "goVersion": "", "compiler": "swift", "platform": .string(Self.platform),
        ]
    }

    private static var platform: String {
        #if arch(arm64)
            "linux/arm64"
        #else
            "linux/amd64"
        #endif
    }
}
