import JSON
import KubeModel
import NIOCore
import NIOHTTP1
import Wire

/// `/statusz` and `/flagz`: what this server is, and what it was told. As text for people, or as `config.k8s.io`
/// objects for whoever asks for that very form.
struct ServerPages: Sendable {
    private enum Page: String {
        case statusz = "Statusz"
        case flagz = "Flagz"
    }

    /// When the server began, in seconds since 1970.
    let began: Double
    let now: @Sendable () -> Double
    /// By name, as text.
    let flags: [(name: String, value: String)]

    private static let note =
        "Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is "
        + "for debugging purposes only."

    /// Nil when the path is none of these; 406 for a form that there isn't.
    func page(_ path: [String], _ http: HTTPRequest) throws(APIStatus) -> DocumentPage? {
        guard path.count == 1, let page = ["statusz": Page.statusz, "flagz": .flagz][path[0]] else { return nil }
        let accepted = MediaType.accepted(http.headers["accept"])
        if accepted.isEmpty { return text(page) }
        for type in accepted {
            switch type.type {
            case "*/*", "text/*", "text/plain": return text(page)
            case "application/json", "application/yaml":
                let version = type.parameters["v"] ?? ""
                guard type.parameters["g"] == "config.k8s.io", type.parameters["as"] == page.rawValue,
                    ["v1alpha1", "v1beta1"].contains(version)
                else { continue }
                return object(page, version, type.type)
            default: continue
            }
        }
        throw APIStatus(
            code: 406, reason: "NotAcceptable",
            message: "only the following media types are accepted: application/json, application/yaml, text/plain")
    }

    private func text(_ page: Page) -> DocumentPage {
        var lines = ["", "apiserver \(page.rawValue.lowercased())", Self.note]
        switch page {
        case .flagz: lines += flags.map { "\($0.name):\($0.value)" }
        case .statusz:
            let up = Int(now() - began)
            lines += [
                "", "Started: \(Self.date(began))",
                "Up: \(up / 3_600) hr \(Self.two(up / 60 % 60)) min \(Self.two(up % 60)) sec", "Go version: ",
                "Binary version: \(Self.version)", "Emulation version: \(Self.shortVersion)",
                "Paths: \(Self.paths.joined(separator: " "))",
            ]
        }
        var page = DocumentPage.text(lines.joined(separator: "\n") + "\n")
        page.headers.remove(name: "X-Content-Type-Options")
        return page
    }

    private func object(_ page: Page, _ version: String, _ type: String) -> DocumentPage {
        var object: JSON = [
            "kind": .string(page.rawValue), "apiVersion": .string("config.k8s.io/\(version)"),
            "metadata": ["name": "apiserver"],
        ]
        switch page {
        case .flagz: object["flags"] = .object(JSONObject(flags.map { ($0.name, JSON.string($0.value)) }))
        case .statusz:
            object["startTime"] = .string(Timestamp(began).text)
            object["uptimeSeconds"] = .init(Int(now() - began))
            object["goVersion"] = ""
            object["binaryVersion"] = .string(Self.version)
            object["emulationVersion"] = .string(Self.shortVersion)
            object["paths"] = .init(Self.paths)
        }
        let body = type == "application/json" ? object.bytes() + [UInt8(ascii: "\n")] : YAML.write(object)
        var headers = HTTPHeaders([("Content-Type", "\(type);g=config.k8s.io;v=\(version);as=\(page.rawValue)")])
        if version == "v1alpha1" {
            headers.add(
                name: "Warning",
                value: "299 - \"This version of the \(page.rawValue.lowercased()) endpoint is deprecated. "
                    + "Please use a newer version.\"")
        }
        return DocumentPage(headers: headers, body: ByteBuffer(bytes: body))
    }

    private static let paths = ["/flagz", "/healthz", "/livez", "/metrics", "/readyz", "/statusz", "/version"]

    private static var version: String {
        let (major, minor, patch) = APIServerConfiguration.kubernetesVersion
        return "\(major).\(minor).\(patch)"
    }

    private static var shortVersion: String {
        let (major, minor, _) = APIServerConfiguration.kubernetesVersion
        return "\(major).\(minor)"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// `Thu Nov 26 05:55:09 UTC 2026`.
    private static func date(_ seconds: Double) -> String {
        let text = Timestamp(seconds).text
        let days = Int(seconds / 86_400)
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][((days % 7) + 7) % 7]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = text.split(whereSeparator: { "-T:Z".contains($0) })
        guard parts.count == 6, let month = Int(parts[1]), months.indices.contains(month - 1), let day = Int(parts[2])
        else { return text }
        let padded = day < 10 ? " \(day)" : "\(day)"
        return "\(weekday) \(months[month - 1]) \(padded) \(parts[3]):\(parts[4]):\(parts[5]) UTC \(parts[0])"
    }
}

extension APIServerConfiguration {
    /// What it was told, and what it takes where it wasn't, under the flags' names.
    var flagValues: [(name: String, value: String)] {
        func list(_ values: [String]) -> String { "[\(values.joined(separator: ","))]" }
        return [
            ("advertise-address", reachableAddress), ("anonymous-auth", "\(isAnonymousEverywhere)"),
            ("api-audiences", list(audiences)), ("authorization-mode", "[\(authorizationMode)]"),
            ("bind-address", bindAddress), ("client-ca-file", clientAuthorityFile), ("data-dir", dataFolder),
            ("disable-admission-plugins", list(admissionOff)), ("enable-admission-plugins", list(admissionOn)),
            ("enable-bootstrap-token-auth", "\(takesBootstrapTokens)"),
            ("event-ttl", DurationText.text(eventSeconds * 1_000_000_000)),
            ("max-mutating-requests-inflight", "\(maximumMutating)"), ("max-requests-inflight", "\(maximumReading)"),
            ("requestheader-allowed-names", list(frontProxy.allowedNames)),
            ("requestheader-client-ca-file", frontProxy.authorityFile),
            ("requestheader-extra-headers-prefix", list(frontProxy.extraPrefixes)),
            ("requestheader-group-headers", list(frontProxy.groupHeaders)),
            ("requestheader-uid-headers", list(frontProxy.uidHeaders)),
            ("requestheader-username-headers", list(frontProxy.usernameHeaders)),
            ("runtime-config", runtimeConfig.joined(separator: ",")), ("secure-port", "\(port)"),
            ("service-account-issuer", list(issuers)), ("service-account-key-file", list(serviceAccountKeyFiles)),
            ("service-account-signing-key-file", serviceAccountSigningKeyFile),
            ("service-cluster-ip-range", serviceRange), ("service-node-port-range", nodePortRange),
            ("tls-cert-file", certificateFile), ("tls-private-key-file", keyFile), ("token-auth-file", tokenFile),
        ]
    }
}
